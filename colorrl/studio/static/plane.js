// The pixels of a page and how they are drawn: region ids and the line at several sizes, each half of
// the one before. A colour changes by one entry of a table; drawing looks at the pixels on the screen alone.

export const LOCKED = 1, FRAMED = 2, CHOSEN = 4;
const SMALLEST = 600; // px of the longer side, from which on no smaller size is kept

export class Plane {
  /** ids {width, height, bytes, data} or null for a page that is not coloured; line likewise. */
  constructor(ids, line) {
    const { width, height } = line;
    this.width = width;
    this.height = height;
    this.channels = line.bytes;
    const sized = ids && ids.bytes === 4 ? Uint32Array : Uint16Array;
    this.levels = [{ width, height, line: new Uint8Array(line.data),
      ids: ids ? new sized(ids.data) : null }];
    for (let level = this.levels[0]; Math.max(level.width, level.height) > SMALLEST;) {
      level = halved(level, this.channels, null);
      this.levels.push(level);
    }
  }

  /** New ids after areas were joined or split. */
  setIds(ids) {
    const sized = ids.bytes === 4 ? Uint32Array : Uint16Array;
    this.levels[0].ids = new sized(ids.data);
    for (let i = 1; i < this.levels.length; i++)
      this.levels[i].ids = halvedIds(this.levels[i - 1], this.levels[i]);
  }

  /** The area at a place of the page, 0 = none. */
  at(x, y) {
    const column = Math.floor(x), row = Math.floor(y);
    if (column < 0 || row < 0 || column >= this.width || row >= this.height || !this.levels[0].ids) return 0;
    return this.levels[0].ids[row * this.width + column];
  }

  /** Draw into image (ImageData of the screen). view: {scale, x, y}, screen = page * scale + (x, y).
   * look: {table, before, split, flags, line}: colours by id as RGBA words, those left of split, marks. */
  draw(image, view, look) {
    const wanted = Math.max(0, Math.round(Math.log2(1 / view.scale)));
    const level = this.levels[Math.min(wanted, this.levels.length - 1)];
    const out = new Uint32Array(image.data.buffer), screen = image.width;
    const columns = places(screen, view.x, view.scale * this.width / level.width, level.width);
    const rows = places(image.height, view.y, view.scale * this.height / level.height, level.height);
    const first = columns.findIndex((column) => column >= 0), last = columns.findLastIndex((column) => column >= 0) + 1;
    const split = look.before ? Math.round(look.split * screen) : 0;
    const paint = this.channels === 1 && look.line ? greyRow : this.channels === 1 || !look.line ? flatRow : colorRow;
    out.fill(look.well);
    if (first < 0) return;
    for (let y = 0; y < image.height; y++) {
      if (rows[y] < 0) continue;
      const start = y * screen, base = rows[y] * level.width, middle = Math.min(Math.max(first, split), last);
      paint(out, start, first, middle, base, columns, level, look.before);
      paint(out, start, middle, last, base, columns, level, look.table);
      if (level.ids) markRow(out, start, first, last, rows, y, columns, level, look.flags);
    }
    if (split) for (let y = 0; y < image.height; y++) out.fill(0xffb27200, y * screen + split - 1, y * screen + split + 2);
  }
}

const PAPER = 0xffffffff;

/** A row of a grey line over the colours: most pixels have no ink. */
function greyRow(out, start, from, to, base, columns, { ids, line }, table) {
  for (let x = from; x < to; x++) {
    const at = base + columns[x], ink = line[at], color = ids ? table[ids[at]] : PAPER;
    out[start + x] = ink === 255 ? color : ink === 0 ? 0xff000000 : multiplied(color, ink, ink, ink);
  }
}

function colorRow(out, start, from, to, base, columns, { ids, line }, table) {
  for (let x = from; x < to; x++) {
    const at = base + columns[x], color = ids ? table[ids[at]] : PAPER;
    out[start + x] = multiplied(color, line[3 * at], line[3 * at + 1], line[3 * at + 2]);
  }
}

function flatRow(out, start, from, to, base, columns, { ids }, table) {
  for (let x = from; x < to; x++) out[start + x] = ids ? table[ids[base + columns[x]]] : PAPER;
}

function markRow(out, start, from, to, rows, y, columns, level, flags) {
  const base = rows[y] * level.width, { ids } = level;
  for (let x = from; x < to; x++) {
    const id = ids[base + columns[x]], flag = flags[id];
    if (flag) out[start + x] = marked(out[start + x], flag, x, y, id, columns, rows, level);
  }
}

function multiplied(color, r, g, b) {
  const red = ((color & 255) * r * 0x8081) >>> 23, green = ((color >>> 8 & 255) * g * 0x8081) >>> 23;
  return (0xff000000 | (((color >>> 16 & 255) * b * 0x8081) >>> 23) << 16 | green << 8 | red) >>> 0;
}

/** Locked: a hatch in black or white; framed and chosen: a rim, dashed or in black and white. */
function marked(color, flag, x, y, id, columns, rows, level) {
  if (flag & (FRAMED | CHOSEN)) {
    const reach = flag & CHOSEN ? 3 : 2, { ids, width } = level;
    let rim = false;
    for (const step of [-reach, reach]) {
      const column = columns[x + step], row = rows[y + step];
      if (column === undefined || column < 0 || ids[rows[y] * width + column] !== id) rim = true;
      if (row === undefined || row < 0 || ids[row * width + columns[x]] !== id) rim = true;
    }
    if (rim && flag & CHOSEN) return (x >> 2) + (y >> 2) & 1 ? 0xff000000 : 0xffffffff;
    if (rim) return (x >> 3) + (y >> 3) & 1 ? 0xffb27200 : 0xffffffff;
  }
  if (flag & LOCKED && ((x + y) & 15) < 2) {
    const bright = (color & 255) * 3 + (color >>> 8 & 255) * 6 + (color >>> 16 & 255);
    return bright > 1275 ? 0xff303030 : 0xffe8e8e8;
  }
  return color;
}

/** For each of n places of the screen the pixel of a side of `size` px, -1 beside it. */
function places(n, offset, scale, size) {
  const found = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const at = Math.floor((i + 0.5 - offset) / scale);
    found[i] = at >= 0 && at < size ? at : -1;
  }
  return found;
}

function halved(level, channels) {
  const width = level.width + 1 >> 1, height = level.height + 1 >> 1;
  const line = new Uint8Array(width * height * channels), small = { width, height, line, ids: null };
  for (let y = 0; y < height; y++) {
    const top = 2 * y * level.width, below = Math.min(2 * y + 1, level.height - 1) * level.width;
    for (let x = 0; x < width; x++) {
      const left = 2 * x, right = Math.min(2 * x + 1, level.width - 1);
      for (let c = 0; c < channels; c++) {
        const value = (at) => level.line[at * channels + c];
        line[(y * width + x) * channels + c] =
          value(top + left) + value(top + right) + value(below + left) + value(below + right) + 2 >> 2;
      }
    }
  }
  if (level.ids) small.ids = halvedIds(level, small);
  return small;
}

function halvedIds(level, small) {
  const ids = new level.ids.constructor(small.width * small.height);
  for (let y = 0, at = 0; y < small.height; y++)
    for (let x = 0, from = 2 * y * level.width; x < small.width; x++, from += 2) ids[at++] = level.ids[from];
  return ids;
}

/** #rrggbb as a word of RGBA; null is the paper. */
export function word(color) {
  if (color === null) return 0xffffffff;
  const value = parseInt(color.slice(1), 16);
  return (0xff000000 | (value & 255) << 16 | value & 0xff00 | value >> 16) >>> 0;
}
