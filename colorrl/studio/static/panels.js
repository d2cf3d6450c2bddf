// What stands around the drawing: the list of pages, the palette strip, the area, dialogs.

import * as api from "./api.js";
import { say } from "./words.js";

export const $ = (id) => document.getElementById(id);
export const make = (kind, values = {}, ...inside) => {
  const element = Object.assign(document.createElement(kind), values);
  element.append(...inside);
  return element;
};
// shapes beside words: no state is shown by its colour alone
const MARKS = { plain: "○", colored: "◐", corrected: "✎", exported: "✔", refused: "✖" };

const DRAG = 6; // px from which on a press on a swatch is a drag

let timer;
export function tell(text, fault = false) {
  $("said").textContent = text;
  $("said").className = fault ? "fault" : "";
  $("said").hidden = !text;
  clearTimeout(timer);
  timer = setTimeout(() => { $("said").hidden = true; }, fault ? 9000 : 4000);
}

let listed = ""; // the open page and the order of all, as they were drawn last

export function drawList(pages, current, open) {
  const known = new Map([...$("list").querySelectorAll("li")].map((li) => [li.dataset.page, li]));
  $("list").querySelector("ul").replaceChildren(...pages.map((page) => {
    const li = known.get(page.page) ?? make("li", { tabIndex: 0 },
      make("img", { loading: "lazy", alt: "" }), make("b"), make("small"));
    const picture = api.thumb(page.page, page.stamp), shown = li.querySelector("img");
    // the page that is open changes with every click: `followed` draws its picture here
    const follows = li.dataset.state !== page.state || page.page !== current;
    if (page.state !== "refused" && shown.getAttribute("src") !== picture && follows) shown.src = picture;
    li.dataset.page = page.page;
    li.dataset.state = page.state;
    li.onclick = () => page.state === "refused" ? tell(page.why, true) : open(page.page);
    li.onkeydown = (event) => { if (event.key === "Enter") li.onclick(); };
    li.setAttribute("aria-current", page.page === current);
    li.querySelector("b").textContent = page.page;
    const sure = page.sure === null ? "" : ` · ${say("sure")} ${Math.round(100 * page.sure)}\u00a0%`;
    li.querySelector("small").textContent = `${MARKS[page.state]} ${say(page.state)}${sure}`;
    return li;
  }));
  const opened = $("list").querySelector("[aria-current=true]"), place = `${current} ${pages.map((page) => page.page)}`;
  if (place !== listed) opened?.scrollIntoView({ block: "nearest" });
  listed = place;
  $("all").hidden = !pages.some((page) => page.state === "plain");
}

/** The page that is open has `picture` (an address) in the list. */
export function followed(picture) {
  const shown = $("list").querySelector("[aria-current=true] img");
  if (shown) shown.src = picture;
}

let drawn = "";

/** The strip; hooks: select(place or -1), order(entries). */
export function drawStrip(entries, selected, hooks) {
  const key = JSON.stringify([entries, selected, document.documentElement.lang]);
  if (key === drawn) return;
  drawn = key;
  const move = (from, to) => {
    const moved = [...entries];
    moved.splice(to, 0, ...moved.splice(from, 1));
    hooks.order(moved);
  };
  const swatch = (entry, place) => {
    const button = make("button", { className: "swatch", title: `${entry.colour} ${entry.name}` });
    button.dataset.place = place;
    button.style.background = entry.colour;
    button.setAttribute("aria-pressed", place === selected);
    button.setAttribute("aria-label", `${entry.colour} ${entry.name}`);
    if (place < 9) button.title += ` · Alt+${place + 1}`;
    draggable(button, place, () => hooks.select(place), (to) => move(place, to));
    return button;
  };
  const paper = make("button", { className: "swatch paper", title: say("blank") });
  paper.setAttribute("aria-pressed", selected === -1);
  paper.setAttribute("aria-label", say("blank"));
  paper.onclick = () => hooks.select(-1);
  $("strip").replaceChildren(paper, ...entries.map(swatch));
}

/** A click is click(); a drag to another swatch, by mouse, pen or finger, is drop(its place). */
function draggable(button, place, click, drop) {
  let from = null, to = null;
  const mark = (place) => { for (const one of $("strip").children) one.classList.toggle("target", one.dataset.place === place); };
  button.onpointerdown = (event) => {
    from = [event.clientX, event.clientY];
    to = null;
    button.setPointerCapture(event.pointerId);
  };
  button.onpointermove = (event) => {
    if (!from || Math.hypot(event.clientX - from[0], event.clientY - from[1]) < DRAG) return;
    to = document.elementFromPoint(event.clientX, event.clientY)?.closest("#strip .swatch")?.dataset.place ?? String(place);
    mark(to);
  };
  button.onpointercancel = () => { from = to = null; mark(); };
  button.onpointerup = () => {
    from = null;
    mark();
    if (to !== null && Number(to) !== place) drop(Number(to));
  };
  button.onclick = () => { if (to === null) click(); };
}

export function drawArea(id, row) {
  if (!row) return void ($("area").textContent = say("area_none"));
  const words = [`${say("area")} ${id}`, row.colour ?? say("paper"), say(`by_${row.by}`)];
  if (row.colour !== null && row.by !== "hand") words.push(`${say("sure")} ${Math.round(100 * row.confidence)} %`);
  if (row.locked) words.push(`▨ ${say("locked")}`);
  $("area").textContent = words.join(" · ");
}

/** Other samples' choices [[colour, share], ..]. */
export function drawChoices(found, take) {
  $("choices").replaceChildren(...found.map(([colour, share]) => {
    const text = `${Math.round(100 * share)}%`;
    const button = make("button", { className: "swatch", title: `${colour} ${text}` }, make("span", { textContent: text }));
    button.style.background = colour;
    button.onclick = () => take(colour);
    return button;
  }));
}

export function drawKeys(keys) {
  $("keys").querySelector("table").replaceChildren(...keys.map(([key, word]) =>
    make("tr", {}, make("td", {}, make("kbd", { textContent: key })), make("td", { textContent: say(word) }))));
}
