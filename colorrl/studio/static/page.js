// The page that is open: its areas, its version, and acts one after another.

import * as api from "./api.js";
import { CHOSEN, FRAMED, LOCKED, Plane, word } from "./plane.js";

const POLL = 3000; // ms
const MOST = 48; // colours of a page that its strip takes
const WELL = [0xffd4d8d8, 0xff3e3b3a];

export class Page {
  /** changed(): something is to be drawn again; said(key, n, fault): something to tell the person. */
  constructor(changed, said) {
    Object.assign(this, { changed, said, name: null, rows: new Map(), palette: [], plane: null, colored: false });
    this.show = { line: true, flats: true, regions: false, confidence: false, compare: false };
    this.split = 0.5;
    this.chosen = 0;
    this.places = []; // colours of the strip while the page has no palette
    this.byHand = new Set(); // colours that a person gave areas of this page: they stay in its strip
    this.opening = 0;
    this.queue = Promise.resolve();
  }

  /** Coloured, and not about to be another page. */
  get ready() { return this.colored && !this.opening; }

  /** Run step after all that was asked before: opening, loading and acts never cross. */
  later(step) {
    const end = this.queue.then(step);
    this.queue = end.catch(() => {});
    return end;
  }

  async open(name) {
    this.opening++;
    try { await this.later(() => this.fetchAll(name)); } finally { this.opening--; }
  }

  async fetchAll(name) {
    const view = await api.page(name);
    const [ids, line] = await Promise.all([view.colored ? api.plane("ids", name) : null, api.plane("line", name)]);
    this.plane = null; // the one before goes first: memory
    this.plane = new Plane(ids, line);
    this.name = name;
    this.places = [];
    this.byHand.clear();
    this.take(view);
  }

  reload() { return this.later(() => this.load()); }

  /** The whole state, without the pixels of the line. */
  async load() {
    const view = await api.page(this.name);
    if (view.colored) this.plane.setIds(await api.plane("ids", this.name));
    this.take(view);
  }

  take(view) {
    this.colored = view.colored;
    this.rows = new Map(Object.entries(view.rows ?? {}).map(([id, row]) => [Number(id), row]));
    this.chosen = 0;
    this.head(view);
  }

  head({ version, palette, notes, undo, redo }) {
    Object.assign(this, { version, palette: palette ?? [], notes: notes ?? [], undo, redo });
    this.dress();
  }

  /** Fill the tables of colours and marks that drawing reads. */
  dress() {
    const n = Math.max(0, ...this.rows.keys()) + 1;
    this.table = new Uint32Array(n).fill(0xffffffff);
    this.before = new Uint32Array(n).fill(0xffffffff);
    this.flags = new Uint8Array(n);
    for (const [id, row] of this.rows) {
      this.table[id] = this.colorOf(id, row);
      this.before[id] = word(row.base);
      this.flags[id] = (row.locked ? LOCKED : 0) | (row.by === "sheet" ? FRAMED : 0) | (id === this.chosen ? CHOSEN : 0);
    }
    this.changed();
  }

  colorOf(id, row) {
    if (this.show.regions) return word(apart(id));
    if (this.show.confidence) return word(row.colour === null ? null : sureness(row.confidence));
    return word(this.show.flats ? row.colour : null);
  }

  choose(id) {
    if (id === this.chosen) return;
    if (this.chosen) this.flags[this.chosen] &= ~CHOSEN;
    this.chosen = id;
    if (id) this.flags[id] |= CHOSEN;
    this.changed();
  }

  draw(image, view) {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    this.plane?.draw(image, view, { table: this.table, flags: this.flags, line: this.show.line,
      before: this.show.compare ? this.before : null, split: this.split, well: WELL[Number(dark)] });
  }

  /** The line over the colours, whatever is switched on. */
  drawPlain(image, view) {
    const table = this.table.map((_, id) => word(this.rows.get(id)?.colour ?? null));
    this.plane.draw(image, view, { table, flags: new Uint8Array(table.length), line: true, before: null, split: 0, well: 0xffffffff });
  }

  /** Areas change on the screen at once, and back if the server refuses. */
  paint(ids, colour) {
    if (colour !== null) this.byHand.add(colour);
    for (const id of ids) {
      const row = this.rows.get(id);
      this.rows.set(id, { ...row, colour, by: "hand", confidence: 1 });
      this.table[id] = this.colorOf(id, this.rows.get(id));
      if (row.by === "sheet") this.flags[id] &= ~FRAMED;
    }
    this.changed();
  }

  /** Those that are not locked, or `locked` ones, too. */
  areasOf(colour, locked = false) {
    return [...this.rows].filter(([, row]) => row.colour === colour && (locked || !row.locked)).map(([id]) => id);
  }

  /** Ask for an act; acts go one after another. True if it was done. */
  act(said) {
    return this.later(() => this.ask(said)).catch(() => false);
  }

  async ask(said) {
    try {
      const answer = await api.act(this.name, { ...said, version: this.version });
      if (answer.repainted) this.plane.setIds(await api.plane("ids", this.name));
      for (const [id, row] of Object.entries(answer.rows))
        if (row) this.rows.set(Number(id), row); else this.rows.delete(Number(id));
      if (!this.rows.has(this.chosen)) this.chosen = 0;
      this.head(answer);
      this.onState?.(answer.state);
      if (answer.others) this.said("more_pages", answer.others);
      return true;
    } catch (fault) {
      if (fault.status) await this.load();
      if (fault.status === 409) this.said("stale", 0, true);
      else this.said(fault.status ? fault.message : "offline", 0, true);
      return false;
    }
  }

  /** Look now and then whether another window changed the page, while it is idle. */
  watch(idle, changed) {
    const look = async () => {
      const { version } = await api.version(this.name);
      if (version === this.version) return;
      await this.load();
      changed();
    };
    // what fails here, the next act says
    setInterval(() => { if (idle() && this.ready) this.later(look).catch(() => {}); }, POLL);
  }

  /** Colours of the page, the largest area first. Those that were shown before keep their order. */
  used() {
    const area = new Map();
    for (const row of this.rows.values())
      if (row.colour !== null) area.set(row.colour, (area.get(row.colour) ?? 0) + row.area);
    const shown = this.places.filter((colour) => area.has(colour) || this.byHand.has(colour)), known = new Set(shown);
    const others = [...area].filter(([colour]) => !known.has(colour)).sort((a, b) => b[1] - a[1]);
    this.places = [...shown, ...others.map(([colour]) => colour)].slice(0, MOST);
    return this.places.map((colour) => ({ colour, name: "" }));
  }

  strip() { return this.palette.length ? this.palette : this.used(); }
}

/** A colour for each id, far from those of its neighbours' ids. */
function apart(id) {
  const hue = (id * 137.508) % 360, light = 0.45 + 0.3 * ((id * 0.618) % 1);
  const channel = (k) => {
    const a = 0.5 * Math.min(light, 1 - light), h = (k + hue / 30) % 12;
    return Math.round(255 * (light - a * Math.max(-1, Math.min(h - 3, 9 - h, 1))));
  };
  return "#" + [0, 8, 4].map((k) => channel(k).toString(16).padStart(2, "0")).join("");
}

/** Unsure areas dark blue, sure ones yellow: a scale that colour-blind people read by its lightness. */
function sureness(value) {
  const stops = [[0, 32, 76], [87, 93, 109], [166, 157, 117], [255, 233, 69]];
  const at = Math.min(0.999, Math.max(0, value)) * 3, i = Math.floor(at), t = at - i;
  return "#" + stops[i].map((low, c) => Math.round(low + t * (stops[i + 1][c] - low)).toString(16).padStart(2, "0")).join("");
}
