// What other samples gave an area, and its next choice by one key.

import * as api from "./api.js";
import { $, drawChoices, tell } from "./panels.js";
import { say } from "./words.js";

export class Choices {
  /** take(id, colour): the area gets it. */
  constructor(page, take) {
    Object.assign(this, { page, take, found: {}, shown: 0, key: "" });
  }

  /** Show the choices of an area; if they are shown, take the one after its present colour. */
  async next(id) {
    const row = this.page.rows.get(id);
    if (!row) return tell(say("area_none"));
    this.page.choose(id);
    if (this.shown === id && this.key === this.page.name && this.found[id]?.length > 1) {
      const found = this.found[id], now = found.findIndex(([colour]) => colour === row.colour);
      return this.take(id, found[(now + 1) % found.length][0]);
    }
    tell(say("coloring"));
    const end = await api.finished(await api.start({ work: "choices", pages: [this.page.name] }));
    Object.assign(this, { found: end.result ?? {}, shown: id, key: this.page.name });
    this.show(id);
    const failed = Object.values(end.failed);
    tell(failed.length ? failed[0] : this.found[id]?.length > 1 ? "" : say("no_choices"), failed.length > 0);
  }

  /** The swatches of area `id`, none if it is not the one that was asked about. */
  show(id) {
    if (this.shown !== id || this.key !== this.page.name) {
      this.shown = 0;
      return void ($("choices").textContent = "");
    }
    drawChoices(this.found[id] ?? [], (colour) => this.take(id, colour));
  }
}
