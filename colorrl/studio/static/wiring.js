// Buttons, keys and dropped files, and what each of them does.

import { $, drawKeys, make, tell } from "./panels.js";
import { LANGUAGES, language, say, speak } from "./words.js";

const TOOLS = [["paint", "B"], ["pick", "I"], ["blank", "E"], ["lock", "L"], ["join", "J"], ["split", "S"], ["hand", "H"]];
const SWITCHES = [["line", "1"], ["flats", "2"], ["regions", "3"], ["confidence", "4"], ["compare", "5"]];
const MORE = [["Ctrl+Z", "undo"], ["Ctrl+Y", "redo"], ["Shift", "shift"], ["A", "alternatives"], ["R", "recolor"],
  ["X", "export"], ["C", "color_page"], ["0", "fit"], ["+ −", "zoom"], ["PgUp PgDn", "next_page"], ["Alt+1 … 9", "palette_key"], ["?", "help"]];

function ask(accept, then) {
  Object.assign($("file"), { value: "", accept, onchange: () => $("file").files[0] && then($("file").files[0]) });
  $("file").click();
}

function showKeys() {
  drawKeys([...TOOLS, ...SWITCHES].map(([word, key]) => [key, word]).concat(MORE));
  $("keys").showModal();
}

/** deeds: the functions of the page by name. */
export function wire(deeds) {
  wireButtons(deeds);
  wireKeys(deeds);
  wireDrops(deeds);
  const codes = Object.entries(LANGUAGES).map(([code, [name]]) => make("option", { value: code, textContent: name }));
  $("language").replaceChildren(...codes);
  $("language").value = language();
  $("language").onchange = () => { $("language").blur(); speak($("language").value); deeds.listed(); };
  speak(language());
}

function wireButtons(deeds) {
  const { view } = deeds;
  const button = ([word, key], run) => {
    const made = make("button", { value: word }, make("span"), make("kbd", { textContent: key }));
    made.firstChild.dataset.w = word;
    made.onclick = () => { run(word); made.blur(); };
    return made;
  };
  $("tools").replaceChildren(...TOOLS.map((one) => button(one, deeds.use)), button(["alternatives", "A"], deeds.alternatives));
  $("switches").replaceChildren(...SWITCHES.map((one) => button(one, deeds.toggle)));
  for (const one of $("switches").children) one.setAttribute("aria-pressed", deeds.page.show[one.value]);
  const clicks = { undo: deeds.undo, redo: deeds.redo, recolor: deeds.recolor, help: showKeys, export: deeds.save,
    edit: deeds.changeEntry, color: deeds.colorThis, all: deeds.colorAll, add: deeds.addColor, remove: deeds.removeColor,
    lists: () => document.body.classList.toggle("listed"), from_page: () => deeds.order(deeds.page.used()),
    nearer: () => view.zoom(1.25), farther: () => view.zoom(0.8), whole: deeds.fit,
    sheet: () => ask("image/*,.psd,.ora", deeds.dropSheet), from_file: () => ask(deeds.palettes().join(), deeds.dropPalette) };
  for (const [id, run] of Object.entries(clicks)) $(id).onclick = () => run();
  $("chosen").oninput = () => deeds.setColor($("chosen").value);
  wireHex(deeds.setColor);
  $("reach").onchange = () => $("reach").blur(); // keys are the page's again
  $("slider").oninput = () => deeds.splitAt($("slider").value / 1000);
}

/** The field of a colour: rrggbb with or without #, and rgb once it is left. Else the colour stays, and that is said. */
function wireHex(set) {
  const field = $("hex"), digits = (n) => field.value.match(RegExp(`^ *#*([0-9a-f]{${n}}) *$`, "i"))?.[1].toLowerCase();
  field.onfocus = () => field.select();
  field.onmouseup = (event) => event.preventDefault(); // a click or two keep it selected: what is typed replaces it
  field.oninput = () => {
    field.setAttribute("aria-invalid", !(digits(6) || digits(3)));
    if (digits(6)) set(`#${digits(6)}`);
  };
  field.onchange = () => {
    const short = digits(3);
    if (short) set("#" + [...short].map((digit) => digit + digit).join(""));
    else if (!digits(6)) {
      tell(say("no_color", field.value), true);
      field.value = field.dataset.now;
    }
    field.setAttribute("aria-invalid", false);
  };
}

function wireKeys(deeds) {
  const { page, view } = deeds;
  const keys = { a: deeds.alternatives, r: deeds.recolor, x: deeds.save, c: deeds.colorThis, 0: deeds.fit, "?": showKeys,
    "+": () => view.zoom(1.25), "=": () => view.zoom(1.25), "-": () => view.zoom(0.8),
    pageup: () => deeds.neighbour(-1), pagedown: () => deeds.neighbour(1), " ": () => { view.panning = true; },
    ...Object.fromEntries(TOOLS.map(([name, key]) => [key.toLowerCase(), () => deeds.use(name)])),
    ...Object.fromEntries(SWITCHES.map(([name, key]) => [key, () => deeds.toggle(name)])) };
  const withControl = (press, key) => ({ z: press.shiftKey ? deeds.redo : deeds.undo, y: deeds.redo, 0: deeds.fit })[key];
  const withAlt = (press) => {
    const place = Number(press.code.replace("Digit", "")) - 1, entry = page.strip()[place];
    return entry && (() => deeds.take(entry.colour, place));
  };
  document.addEventListener("keydown", (press) => {
    if (document.querySelector("dialog[open]") || /^text$|select/.test(press.target.type ?? "")) return;
    const key = press.key.toLowerCase();
    const run = press.ctrlKey || press.metaKey ? withControl(press, key) : press.altKey ? withAlt(press) : keys[key];
    if (!run) return;
    press.preventDefault();
    run();
  });
  document.addEventListener("keyup", (press) => { if (press.key === " ") view.panning = false; });
}

function wireDrops(deeds) {
  for (const [place, then] of [["stage", deeds.dropSheet], ["strip", deeds.dropPalette]]) {
    $(place).ondragover = (event) => { event.preventDefault(); $(place).classList.add("drop"); };
    $(place).ondragleave = () => $(place).classList.remove("drop");
    $(place).ondrop = (event) => {
      event.preventDefault();
      $(place).classList.remove("drop");
      if (event.dataTransfer.files[0] && deeds.usable()) then(event.dataTransfer.files[0]);
    };
  }
}
