// The addresses of the server. Every answer that is no success becomes an Error with its status.

async function reply(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw Object.assign(new Error("offline"), { status: 0 });
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({ error: answer.statusText }));
  throw Object.assign(new Error(said.error), { status: answer.status });
}

const query = (values) => "?" + new URLSearchParams(values);
const post = (path, body) => reply(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const read = async (path) => (await reply(path)).json();
export const send = async (path, body) => (await post(path, body)).json();
export const folder = () => read("/api/folder");
export const page = (name) => read("/api/page" + query({ page: name }));
export const version = (name) => read("/api/version" + query({ page: name }));
export const act = (name, said) => send("/api/act" + query({ page: name }), said);
export const start = (said) => send("/api/start", said);
export const cancel = (id) => send("/api/cancel", { id });
export const thumb = (name, stamp) => "/api/thumb" + query({ page: name, stamp });
export const file = (name, ending) => "/api/file" + query({ page: name, ending });

/** A plane of pixels: {width, height, bytes, data}. */
export async function plane(kind, name) {
  const answer = await reply(`/api/${kind}` + query({ page: name }));
  const [width, height, bytes] = ["x-width", "x-height", "x-bytes"].map((h) => Number(answer.headers.get(h)));
  return { width, height, bytes, data: await answer.arrayBuffer() };
}

export async function upload(kind, name, file) {
  const answer = await reply("/api/upload" + query({ kind, page: name, name: file.name }), {
    method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
  return answer.json();
}

/** Waits for the end of a piece of work; onStep sees its state on the way. */
export async function finished(work, onStep = () => {}) {
  for (let wait = 80; !work.ended; wait = Math.min(600, wait * 1.3)) {
    onStep(work);
    await new Promise((next) => setTimeout(next, wait));
    work = await read("/api/work" + query({ id: work.id }));
  }
  onStep(work);
  return work;
}
