// The colouring page: tools, keys and what happens when.

import * as api from "./api.js";
import { Choices } from "./choices.js";
import { drawNotes } from "./notes.js";
import { Page } from "./page.js";
import { $, drawArea, drawList, drawStrip, followed, tell } from "./panels.js";
import { saving } from "./saving.js";
import { Screen } from "./screen.js";
import { View } from "./view.js";
import { wire } from "./wiring.js";
import { say } from "./words.js";

const canvas = $("canvas"), screen = new Screen(canvas), redraw = () => screen.redraw();
const page = new Page(redraw, (key, n, fault) => tell(say(key, n), fault));
let listing = { pages: [], kinds: {} }, tool = "paint", color = "#d22f27", selected = null, joining = 0;
let busy = false, hovered = 0, following;
const THUMB = [360, 168]; // px of the picture in the list, twice its size there

const view = new View(canvas, {
  tap, hover, seam: () => page.show.compare ? page.split : null, seamed: (at) => splitAt(at), changed: () => screen.moved(), drew: () => ["join", "split"].includes(tool) && page.ready,
  stroke: (points, ended) => {
    screen.stroke = ended ? [] : points;
    redraw();
    if (ended) cross(points);
  },
});

Object.assign(screen, { page, view });

/** At most 2,000 points of a stroke: more say nothing. */
const thinned = (points) => points.filter((_, i) => i % Math.ceil(points.length / 2000) === 0 || i === points.length - 1);

/** A stroke that joins areas, or splits one: the new part is chosen, for both still have one colour. */
async function cross(points) {
  const kind = tool;
  if (!await act({ act: kind, stroke: thinned(points) }) || kind !== "split") return;
  page.choose(Math.max(...page.rows.keys()));
  panels();
}

async function act(said) {
  const done = await page.act(said);
  panels();
  return done;
}

function tap(x, y, event) {
  const id = page.plane?.at(x, y), row = page.rows.get(id);
  if (page.name && !page.colored) return tell(say("not_yet"));
  if (!row || !page.ready) return;
  page.choose(id);
  if (tool === "pick" || event.altKey) take(row.colour);
  else if (tool === "lock") act({ act: "lock", regions: reached(id, row), locked: !row.locked });
  else if (tool === "join") join(id);
  else if (tool === "paint" || tool === "blank") paint(id, row, tool === "blank" ? null : color, event.shiftKey);
  panels();
}

/** The areas that a lock on `id` reaches: of the page at most. */
function reached(id, row) {
  return $("reach").value === "area" || row.colour === null ? [id] : page.areasOf(row.colour, true);
}

function paint(id, row, wanted, alike) {
  if (row.locked) return tell(say("is_locked"), true);
  const reach = $("reach").value === "area" && alike ? "page" : $("reach").value;
  if (reach === "area" || row.colour === null) {
    page.paint([id], wanted);
    return act({ act: "color", regions: [id], colour: wanted });
  }
  page.paint(page.areasOf(row.colour), wanted);
  act({ act: "color_all", from: row.colour, colour: wanted, scope: reach });
}

async function join(id) {
  const first = joining;
  joining = 0;
  if (first && first !== id) return act({ act: "join", regions: [first, id] });
  joining = id;
  tell(say("join_first"));
}

function hover(x, y) {
  const id = page.plane?.at(x, y) ?? 0;
  if (id === hovered) return;
  hovered = id;
  drawArea(id || page.chosen, page.rows.get(id || page.chosen));
}

function take(colour, place = null) {
  selected = colour === null ? -1 : place;
  color = colour;
  if (colour !== null) $("chosen").value = colour;
  $("hex").value = $("hex").dataset.now = colour ?? "";
  $("hex").placeholder = say("paper");
  $("chosen").classList.toggle("paper", colour === null);
  if (tool === "pick" || tool === "blank") use("paint");
  panels();
}

function use(name) {
  tool = name;
  joining = 0;
  if (name === "join" || name === "split") tell(say(`${name}_how`));
  view.panning = name === "hand";
  canvas.style.cursor = { hand: "grab", split: "crosshair", pick: "copy" }[name] ?? "pointer";
  for (const button of $("tools").children) button.setAttribute("aria-pressed", button.value === name);
}

function toggle(name) {
  page.show[name] = !page.show[name];
  if (page.show[name] && name === "regions") page.show.confidence = false;
  if (page.show[name] && name === "confidence") page.show.regions = false;
  $("slider").hidden = $("sides").hidden = !page.show.compare;
  for (const button of $("switches").children) button.setAttribute("aria-pressed", page.show[button.value]);
  page.dress();
}

/** Where the line between before and now stands, 0 to 1 of the stage. */
function splitAt(place) {
  page.split = Math.min(1, Math.max(0, place));
  $("slider").value = 1000 * page.split;
  redraw();
}

/** A strip of its own, once a person changes it. */
const order = (entries, follow = null) => act({ act: "palette", entries, follow });

function changeEntry() {
  const entries = page.strip().map((entry) => ({ ...entry })), old = entries[selected];
  if (!old || color === null || old.colour === color) return tell(say("nothing"));
  entries[selected] = { ...old, colour: color };
  page.paint(page.areasOf(old.colour), color);
  order(entries, { from: old.colour, to: color });
}

function panels() {
  $("title").textContent = page.name ?? "colorrl studio";
  $("empty").hidden = page.colored || !page.name || busy;
  $("undo").disabled = !page.undo;
  $("redo").disabled = !page.redo;
  for (const id of ["recolor", "sheet", "export"]) $(id).disabled = !page.colored || busy;
  const entries = page.strip();
  if (selected !== null && selected >= entries.length) selected = null;
  $("edit").disabled = $("remove").disabled = !(selected >= 0) || selected === null;
  drawStrip(entries, selected, { order, select: (place) => take(place < 0 ? null : entries[place].colour, place) });
  drawArea(page.chosen, page.rows.get(page.chosen));
  drawNotes(page.notes ?? []);
  others.show(page.chosen);
}

async function refreshList() {
  listing = await api.folder();
  drawList(listing.pages, page.name, open);
}

page.onState = (state) => {
  const at = listing.pages.findIndex((one) => one.page === state.page);
  if (at >= 0) Object.assign(listing.pages[at], state);
  drawList(listing.pages, page.name, open);
  clearTimeout(following);
  following = setTimeout(() => page.plane && page.colored && followed(screen.picture(...THUMB)), 300);
};

async function open(name) {
  if (busy && name === page.name) return;
  try {
    await page.open(name);
    selected = null;
    view.fit(page.plane.width, page.plane.height);
    location.hash = encodeURIComponent(name);
  } catch (fault) {
    tell(fault.message === "offline" ? say("offline") : fault.message, true);
  }
  document.body.classList.remove("listed");
  drawList(listing.pages, page.name, open);
  panels();
}

/** Long work on pages, reported at its end; then the page as it is. */
async function work(started, word) {
  busy = true;
  panels();
  tell(say(word));
  try {
    const end = await api.finished(await started, (now) => { if (now.of > 1) tell(`${say(word)} ${now.done}/${now.of}`); });
    const failed = Object.entries(end.failed);
    busy = false;
    await refreshList();
    if (page.colored) await page.reload();
    else if (page.name) await open(page.name);
    panels();
    if (failed.length) return void tell(failed.map(([name, why]) => `${name}: ${why}`).join(" · "), true);
    tell("");
    return end;
  } catch (fault) {
    busy = false;
    panels();
    tell(fault.message === "offline" ? say("offline") : fault.message, true);
  }
}

const colorPages = (pages) => work(api.start({ work: "color", pages }), "coloring");
const recolor = () => page.colored && !busy && work(api.start({ work: "recolor", pages: [page.name] }), "coloring");

async function dropSheet(file) {
  const end = await work(api.upload("sheet", page.name, file), "coloring");
  if (end) tell(say("framed", end.result));
}

async function dropPalette(file) {
  try {
    const { entries } = await api.upload("palette", page.name, file);
    order(entries);
  } catch (fault) { tell(fault.message, true); }
}

const others = new Choices(page, (id, colour) => paint(id, page.rows.get(id), colour, false));
const alternatives = () => !busy && page.colored && others.next(page.chosen || hovered);

function neighbour(step) {
  const shown = listing.pages.filter((one) => one.state !== "refused");
  const at = shown.findIndex((one) => one.page === page.name);
  const next = shown[(at + step + shown.length) % shown.length];
  if (next) open(next.page);
}

const undo = () => act({ act: "undo" }), redo = () => act({ act: "redo" });
const save = () => page.colored && !busy && saving(page.name, listing, refreshList);
const colorThis = () => !page.colored && page.name && !busy && colorPages([page.name]);
const colorAll = () => colorPages(listing.pages.filter((one) => one.state === "plain").map((one) => one.page));
const fit = () => page.plane && view.fit(page.plane.width, page.plane.height);
const usable = () => page.ready && !busy;
const listed = () => { drawList(listing.pages, page.name, open); panels(); };
const addColor = () => color && order([...page.strip(), { colour: color, name: "" }]);
const removeColor = () => order(page.strip().filter((_, place) => place !== selected));
const setColor = (colour) => take(colour, selected);

page.watch(() => !document.hidden && !busy, panels);
wire({ page, view, use, toggle, take, setColor, undo, redo, recolor, save, alternatives, changeEntry, addColor, removeColor,
  colorThis, colorAll, fit, neighbour, order, dropSheet, dropPalette, usable, listed, splitAt, palettes: () => listing.palettes });
use("paint");
take(color);
await refreshList();
const first = decodeURIComponent(location.hash.slice(1));
const start = listing.pages.find((one) => one.page === first) ?? listing.pages.find((one) => one.state !== "refused");
if (start) await open(start.page);
window.studio = { page, view, screen, take, busy: () => busy }; // for tests and the curious
