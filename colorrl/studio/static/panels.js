// What stands around the drawing: the list of pages, the palette strip, the area, dialogs.

import * as api from "./api.js";
import { say } from "./words.js";

export const $ = (id) => document.getElementById(id);
export const make = (kind, values = {}, ...inside) => {
  const element = Object.assign(document.createElement(kind), values);
  element.append(...inside);
  return element;
};
// shapes beside words: no state is told by its colour alone
const MARKS = { plain: "○", colored: "◐", corrected: "✎", exported: "✔", refused: "✖" };

let timer;
export function tell(text, fault = false) {
  $("said").textContent = text;
  $("said").className = fault ? "fault" : "";
  $("said").hidden = !text;
  clearTimeout(timer);
  timer = setTimeout(() => { $("said").hidden = true; }, fault ? 9000 : 4000);
}

export function drawList(pages, current, open) {
  const known = new Map([...$("list").querySelectorAll("li")].map((li) => [li.dataset.page, li]));
  $("list").querySelector("ul").replaceChildren(...pages.map((page) => {
    const li = known.get(page.page) ?? make("li", { tabIndex: 0 },
      make("img", { loading: "lazy", alt: "" }), make("b"), make("small"));
    li.dataset.page = page.page;
    li.dataset.state = page.state;
    const picture = api.thumb(page.page, page.stamp), shown = li.querySelector("img");
    // while it is open it changes with every click: then when it is left
    if (page.state !== "refused" && shown.getAttribute("src") !== picture && (!shown.src || page.page !== current))
      shown.src = picture;
    li.onclick = () => page.state === "refused" ? tell(page.why, true) : open(page.page);
    li.onkeydown = (event) => { if (event.key === "Enter") li.onclick(); };
    li.setAttribute("aria-current", page.page === current);
    li.querySelector("b").textContent = page.page;
    const sure = page.sure === null ? "" : ` · ${Math.round(100 * page.sure)} %`;
    li.querySelector("small").textContent = `${MARKS[page.state]} ${say(page.state)}${sure}`;
    return li;
  }));
  $("all").hidden = !pages.some((page) => page.state === "plain");
}

let drawn = "";

/** The strip; hooks: take(colour), select(place or -1), order(entries). */
export function drawStrip(entries, selected, hooks) {
  const key = JSON.stringify([entries, selected, document.documentElement.lang]);
  if (key === drawn) return;
  drawn = key;
  const swatch = (entry, place) => {
    const button = make("button", { className: "swatch", draggable: true, title: `${entry.colour} ${entry.name}` });
    button.style.background = entry.colour;
    button.setAttribute("aria-pressed", place === selected);
    button.setAttribute("aria-label", `${entry.colour} ${entry.name}`);
    if (place < 9) button.append(make("span", { textContent: place + 1 }));
    button.onclick = () => hooks.select(place);
    button.ondragstart = (event) => event.dataTransfer.setData("text/x-place", place);
    button.ondragover = (event) => event.preventDefault();
    button.ondrop = (event) => {
      const from = Number(event.dataTransfer.getData("text/x-place") || -1);
      if (event.dataTransfer.files.length || from < 0) return;
      event.preventDefault();
      event.stopPropagation();
      const moved = [...entries];
      moved.splice(place, 0, ...moved.splice(from, 1));
      hooks.order(moved);
    };
    return button;
  };
  const paper = make("button", { className: "swatch paper", title: say("blank") });
  paper.setAttribute("aria-pressed", selected === -1);
  paper.setAttribute("aria-label", say("blank"));
  paper.onclick = () => hooks.select(-1);
  $("strip").replaceChildren(paper, ...entries.map(swatch));
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

export function drawNotes(notes) { $("notes").replaceChildren(...notes.map((note) => make("p", { textContent: `⚠ ${note}` }))); }

export function drawKeys(keys) {
  $("keys").querySelector("table").replaceChildren(...keys.map(([key, word]) =>
    make("tr", {}, make("td", {}, make("kbd", { textContent: key })), make("td", { textContent: say(word) }))));
}

/** The dialog that saves files. after(): something was saved. */
export function exporting(page, listing, after) {
  const kinds = JSON.parse(localStorage.getItem("kinds") ?? '["psd","composite"]');
  const box = (kind) => make("label", {}, make("input", { type: "checkbox", value: kind, checked: kinds.includes(kind) }), kind);
  $("kinds").replaceChildren(...listing.kinds.map(box));
  $("files").textContent = "";
  $("progress").hidden = $("stop").hidden = true;
  $("exports").showModal();
  $("close").onclick = () => $("exports").close();
  $("go").onclick = async () => {
    const chosen = [...$("kinds").querySelectorAll(":checked")].map((input) => input.value);
    localStorage.setItem("kinds", JSON.stringify(chosen));
    const all = document.querySelector("[name=scope]:checked").value === "all";
    const colored = (await api.folder()).pages.filter((p) => !["plain", "refused"].includes(p.state)).map((p) => p.page);
    const pages = all ? colored : [page];
    $("go").disabled = true;
    try {
      const shown = [];
      for (const work of [["export", { kinds: chosen, overwrite: $("overwrite").checked }], [$("training").value, {}]])
        if (work[0] && (work[0] !== "export" || chosen.length)) shown.push(...await step(work, pages));
      if (!all && chosen.length) shown.push(...chosen.map((kind) =>
        make("a", { href: api.file(page, kind), download: "", textContent: `↓ ${kind}` })));
      $("files").replaceChildren(...shown, make("p", { className: "dim", textContent: `${say("folder_of")} ${listing.output}` }));
    } catch (fault) {
      $("files").replaceChildren(make("p", { textContent: `${say("failed")}: ${fault.message}` }));
    }
    $("go").disabled = false;
    $("stop").hidden = true;
    after();
  };
}

/** One piece of work of the dialog; what to show of its end. */
async function step([work, more], pages) {
  const started = await api.start({ work, pages, ...more });
  $("progress").hidden = $("stop").hidden = false;
  $("stop").onclick = () => api.cancel(started.id);
  const end = await api.finished(started, (now) => Object.assign($("progress"), { max: now.of, value: now.done }));
  const failed = Object.entries(end.failed).map(([name, why]) => make("p", { textContent: `✖ ${name}: ${why}` }));
  const done = end.done - failed.length, where = work === "export" || !done ? "" : ` ${say("unsaved_files")} ${end.result}`;
  return [...failed, make("p", { textContent: `✔ ${say("saved")}: ${work === "export" ? "" : say(work)} ${done} / ${end.of}${where}` })];
}
