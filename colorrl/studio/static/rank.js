// The page of colorrl prefer: keys or clicks rank the colourings of one sketch.

import { read, send } from "./api.js";
import { $, make } from "./panels.js";
import { LANGUAGES, language, say, speak } from "./words.js";

// served by colorrl studio for its corrections, or by colorrl prefer; the addresses are beside the page
const inStudio = location.pathname !== "/";
let question = {}, order = [], busy = false;

async function talk(path, body) {
  busy = true;
  try {
    question = await (body === undefined ? read(path) : send(path, body));
    $("fault").textContent = "";
    order = [];
    show();
  } catch (fault) {
    $("fault").textContent = fault.status ? fault.message : say("rank_unsaved");
    order = [];
    mark();
  }
  busy = false;
}

function show() {
  $("bar").value = question.done / question.of;
  $("title").textContent = "id" in question ? `${say("rank_title")} ${question.done + 1} / ${question.of}`
    : say(inStudio ? "rank_done" : "rank_all", question.of);
  $("palette").replaceChildren(...(question.palette || []).map((colour) => {
    const box = make("span", { className: "swatch", title: colour });
    box.style.background = colour;
    return box;
  }));
  $("shown").replaceChildren(...(question.colourings || []).map((file, place) => {
    const card = make("figure"), button = make("button", { className: "one" });
    button.onclick = () => choose(place);
    button.append(make("img", { src: file, alt: `${place + 1}` }),
      make("img", { src: question.line, className: "line", alt: "" }));
    card.append(button, make("figcaption"));
    return card;
  }));
  mark();
}

function mark() {
  [...$("shown").children].forEach((card, place) => {
    const rank = order.indexOf(place);
    card.classList.toggle("chosen", rank >= 0);
    card.querySelector("figcaption").replaceChildren(make("kbd", { textContent: place + 1 }),
      make("b", { textContent: rank < 0 ? "" : `${say("rank")} ${rank + 1}` }));
  });
}

function choose(place) {
  if (busy || !question.colourings || place >= question.colourings.length || order.includes(place)) return;
  order.push(place);
  const left = question.colourings.map((_, i) => i).filter((i) => !order.includes(i));
  mark();
  if (left.length <= 1) talk("answer", { id: question.id, order: [...order, ...left] });
}

document.addEventListener("keydown", (press) => {
  if (busy || press.ctrlKey || press.altKey || press.metaKey || press.repeat) return;
  if (/^[1-9]$/.test(press.key)) choose(Number(press.key) - 1);
  else if (press.key === "Backspace") { order.pop(); mark(); }
  else if (press.key === "s" && "id" in question) talk("answer", { id: question.id, order: [] });
  else if (press.key === "u") talk("undo", {});
  else return;
  press.preventDefault();
});

$("back").hidden = !inStudio;
$("language").replaceChildren(...Object.entries(LANGUAGES).map(([code, [name]]) => make("option", { value: code, textContent: name })));
$("language").value = language();
$("language").onchange = () => { speak($("language").value); show(); };
speak(language());
talk("state");
