// The dialog that saves files and training data.

import * as api from "./api.js";
import { $, make } from "./panels.js";
import { say } from "./words.js";

/** Show it for the page of this name. after(): something was saved. */
export function saving(name, listing, after) {
  const chosen = JSON.parse(localStorage.getItem("kinds") ?? '["psd","composite"]');
  $("kinds").replaceChildren(...Object.keys(listing.kinds).map((kind) => make("label", {},
    make("input", { type: "checkbox", value: kind, checked: chosen.includes(kind) }),
    make("span", {}, make("b", { textContent: kind }), ` ${say(`kind_${kind}`)}`))));
  $("files").replaceChildren();
  show(null);
  $("exports").showModal();
  $("close").onclick = () => $("exports").close();
  $("go").onclick = async () => {
    $("go").disabled = true;
    try {
      $("files").replaceChildren(...await saved(name, listing));
    } catch (fault) {
      $("files").replaceChildren(line(`✖ ${fault.status === 0 ? say("offline") : fault.message}`));
    }
    $("go").disabled = false;
    show(null);
    after();
  };
}

/** Save what is ticked; what to show of it. */
async function saved(name, listing) {
  const kinds = [...$("kinds").querySelectorAll(":checked")].map((input) => input.value);
  localStorage.setItem("kinds", JSON.stringify(kinds));
  const all = document.querySelector("[name=scope]:checked").value === "all";
  const pages = all ? await coloredPages() : [name];
  const training = $("training").value, shown = [];
  if (!kinds.length && !training) return [line(say("nothing_chosen"))];
  if (kinds.length) {
    const end = await done({ work: "export", pages, kinds, overwrite: $("overwrite").checked });
    shown.push(...outcome(end, "", listing.output));
    if (!all && !(name in end.failed)) shown.push(...links(name, kinds, listing));
  }
  if (training) {
    const end = await done({ work: training, pages });
    shown.push(...outcome(end, say(training), end.result));
    if (training !== "pairs" && end.result) shown.push(make("a", { href: "/rank/", target: "_blank", textContent: `→ ${say("rank_open")}` }));
  }
  return shown;
}

async function coloredPages() {
  const { pages } = await api.folder();
  return pages.filter((page) => !["plain", "refused"].includes(page.state)).map((page) => page.page);
}

/** One piece of work, with its progress shown. */
async function done(said) {
  const started = await api.start(said);
  $("stop").onclick = () => api.cancel(started.id);
  return api.finished(started, show);
}

/** The progress of work, none for null. */
function show(work) {
  $("progress").hidden = $("stop").hidden = $("now").hidden = !work;
  if (!work) return;
  $("now").textContent = `${work.done} / ${work.of}   ${work.now ?? ""}`;
  if (work.of > 1) Object.assign($("progress"), { max: work.of, value: work.done });
  else $("progress").removeAttribute("value"); // one page: it moves until the end
}

function outcome(end, what, folder) {
  const failed = Object.entries(end.failed).map(([page, why]) => line(`✖ ${page}: ${why}`));
  const good = end.done - failed.length;
  return [...failed, ...good ? [line(`✔ ${say("saved")}: ${what} ${good} / ${end.of}  ·  ${say("folder_of")} ${folder}`)] : []];
}

const links = (name, kinds, listing) => kinds.flatMap((kind) => listing.kinds[kind]).map((ending) =>
  make("a", { href: api.file(name, ending), download: "", textContent: `↓ ${ending}` }));

const line = (text) => make("p", { textContent: text });
