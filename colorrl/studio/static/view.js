// Zoom and pan with mouse, pen and touch. Tools get taps and strokes in pixels of the page.

const TAP = 6; // px that a finger may move and still tap
const SEAM = 12; // px beside the line of a comparison where a press takes hold of it
const LEAST = 0.02, MOST = 40;

export class View {
  /** hooks: tap(x, y, event), stroke(points, ended), hover(x, y), drew(): is a drag a stroke?, changed(),
   *  seam(): where the line of a comparison stands, 0 to 1 of the width, or null; seamed(place): it was dragged there. */
  constructor(canvas, hooks) {
    this.canvas = canvas;
    this.hooks = hooks;
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.pointers = new Map();
    this.panning = false;
    this.whole = true; // the page is shown as a whole, until a person moves it
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.up(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  get ratio() { return this.canvas.width / Math.max(1, this.canvas.clientWidth); }

  fit(width, height) {
    this.scale = Math.min(this.canvas.width / width, this.canvas.height / height) * 0.96;
    this.x = (this.canvas.width - width * this.scale) / 2;
    this.y = (this.canvas.height - height * this.scale) / 2;
    this.whole = true;
    this.hooks.changed();
  }

  zoom(factor, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const scale = Math.min(MOST, Math.max(LEAST, this.scale * factor));
    this.x = x - (x - this.x) * scale / this.scale;
    this.y = y - (y - this.y) * scale / this.scale;
    this.scale = scale;
    this.whole = false;
    this.hooks.changed();
  }

  pan(x, y) {
    this.x += x;
    this.y += y;
    this.whole = false;
    this.hooks.changed();
  }

  screen(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * this.ratio, (event.clientY - box.top) * this.ratio];
  }

  page(event) {
    const [x, y] = this.screen(event);
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    this.zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0015)), ...this.screen(event));
  }

  down(event) {
    this.canvas.setPointerCapture?.(event.pointerId);
    const seam = this.hooks.seam?.() ?? null, width = this.canvas.width;
    this.held = seam !== null && Math.abs(this.screen(event)[0] - seam * width) <= SEAM * this.ratio && !this.pointers.size;
    if (this.held) return;
    this.pointers.set(event.pointerId, { from: this.screen(event), at: this.screen(event), moved: false });
    if (this.pointers.size > 1) { // two fingers pan and zoom, whatever the tool
      this.points = null;
      for (const pointer of this.pointers.values()) pointer.moved = true;
    } else if (this.hooks.drew() && event.button === 0 && !this.panning) this.points = [this.page(event)];
  }

  move(event) {
    if (this.held) return this.hooks.seamed(this.screen(event)[0] / this.canvas.width);
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) return this.hooks.hover(...this.page(event));
    const at = this.screen(event), before = pointer.at;
    if (Math.hypot(at[0] - pointer.from[0], at[1] - pointer.from[1]) > TAP * this.ratio) pointer.moved = true;
    if (this.points) {
      for (const one of event.getCoalescedEvents?.() ?? [event]) this.points.push(this.page(one));
      this.hooks.stroke(this.points, false);
    } else if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, p]) => p.at);
      const span = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      this.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
      this.zoom(span(at) / Math.max(1, span(before)), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
    } else if (pointer.moved) this.pan(at[0] - before[0], at[1] - before[1]);
    pointer.at = at;
  }

  up(event) {
    if (this.held) return void (this.held = false);
    const pointer = this.pointers.get(event.pointerId), alone = this.pointers.size === 1;
    this.pointers.delete(event.pointerId);
    const points = this.points;
    this.points = null;
    if (!pointer || event.type === "pointercancel") return this.hooks.stroke([], false);
    if (points && pointer.moved) this.hooks.stroke(points, true);
    else if (alone && !pointer.moved && event.button === 0 && !this.panning) this.hooks.tap(...this.page(event), event);
    else if (points) this.hooks.stroke([], false);
  }
}
