// What the software notes of a page, in the language of the page. Files have it in English.

import { read } from "./api.js";
import { $, make } from "./panels.js";
import { say } from "./words.js";

const table = await read("/static/notes.json"); // rows of a pattern and what languages say for it

/** A note in a language; in English where the table does not know it. */
function translated(note, language) {
  for (const row of table) {
    const found = row[language] && note.match(RegExp(`^${row.pattern}$`));
    if (found) return row[language].replace(/\$(\d)/g, (_, n) => found[n]);
  }
  return note;
}

export function drawNotes(notes) {
  const language = document.documentElement.lang;
  const head = make("h2", { textContent: say("noted") });
  $("notes").replaceChildren(...(notes.length ? [head] : []), ...notes.map((note) => make("p", { textContent: `⚠ ${translated(note, language)}` })));
}
