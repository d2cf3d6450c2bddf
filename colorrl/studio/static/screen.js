// The canvas: the page, a stroke that is being drawn, and fewer pixels while it moves where drawing is slow.

const SLOW = 12; // ms of a drawing from which on it has half the pixels while it moves
const REST = 150; // ms after the last movement, when all pixels come

export class Screen {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.half = document.createElement("canvas");
    this.halfPen = this.half.getContext("2d", { alpha: false, willReadFrequently: true });
    Object.assign(this, { stroke: [], asked: false, moving: false, cost: 0, page: null, view: null });
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement);
  }

  /** Draw with the next frame. */
  redraw() {
    if (this.asked || !this.page) return;
    this.asked = true;
    requestAnimationFrame(() => { this.asked = false; this.draw(); });
  }

  /** As redraw, for a page that moves under the hand. */
  moved() {
    this.moving = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.moving = false; this.redraw(); }, REST);
    this.redraw();
  }

  draw() {
    if (!this.page.plane) return;
    if (this.moving && this.cost > SLOW) this.drawHalf(); else this.drawWhole();
    if (this.stroke.length) this.drawStroke();
  }

  drawWhole() {
    const { width, height } = this.canvas, before = performance.now();
    if (this.image?.width !== width || this.image?.height !== height) this.image = this.pen.createImageData(width, height);
    this.page.draw(this.image, this.view);
    this.pen.putImageData(this.image, 0, 0);
    this.cost = performance.now() - before;
  }

  drawHalf() {
    const width = this.canvas.width >> 1, height = this.canvas.height >> 1;
    if (this.half.width !== width || this.half.height !== height || !this.small) {
      Object.assign(this.half, { width, height });
      this.small = this.halfPen.createImageData(width, height);
    }
    const { scale, x, y } = this.view;
    this.page.draw(this.small, { scale: scale / 2, x: x / 2, y: y / 2 });
    this.halfPen.putImageData(this.small, 0, 0);
    this.pen.imageSmoothingEnabled = false;
    this.pen.drawImage(this.half, 0, 0, this.canvas.width, this.canvas.height);
  }

  /** The address of a picture of the whole page, width x height px. */
  picture(width, height) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height }), pen = canvas.getContext("2d");
    const image = pen.createImageData(width, height), { plane } = this.page;
    const scale = Math.min(width / plane.width, height / plane.height);
    this.page.drawPlain(image, { scale, x: (width - plane.width * scale) / 2, y: (height - plane.height * scale) / 2 });
    pen.putImageData(image, 0, 0);
    return canvas.toDataURL();
  }

  drawStroke() {
    const { scale, x, y } = this.view;
    for (const [lineWidth, strokeStyle] of [[5, "#fff"], [3, "#0072b2"]]) {
      Object.assign(this.pen, { lineWidth, strokeStyle });
      this.pen.beginPath();
      for (const [column, row] of this.stroke) this.pen.lineTo(column * scale + x, row * scale + y);
      this.pen.stroke();
    }
  }

  resize() {
    const ratio = window.devicePixelRatio || 1, { canvas, view } = this, before = [canvas.width, canvas.height];
    canvas.width = Math.max(1, Math.round(canvas.parentElement.clientWidth * ratio));
    canvas.height = Math.max(1, Math.round(canvas.parentElement.clientHeight * ratio));
    if (!view) return;
    if (view.whole && this.page.plane) return view.fit(this.page.plane.width, this.page.plane.height);
    view.x += (canvas.width - before[0]) / 2;
    view.y += (canvas.height - before[1]) / 2;
    this.draw();
  }
}
