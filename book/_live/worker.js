// SPDX-License-Identifier: GPL-2.0-only
// The page's Python: a module worker, so that a cell that never ends holds up nothing, and can be ended.
//   to it     {start: live.json's content, base: the folder's address}      {run: number, code, name}
//   from it   {ready}  {missing: words}  {run, html, stream, text}  {run, done: whether it went well}  and {ended: words}

const fetched = self.fetch.bind(self);

const get = async (address) => {
  const answer = await fetched(address).catch((error) => { throw new Error(`${address}: ${error.message}`); });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`.trim());
  return answer;
};

// Python's machine code lies packed, because a plain server does not pack; unpacked it is told for what it is, because a
// plain server may not know.
const unpacked = async (address) => {
  const { body } = await get(`${address}.bin`);
  return new Response(body.pipeThrough(new DecompressionStream("gzip")), { headers: { "Content-Type": "application/wasm" } });
};

// What Python will ask for is fetched with all the rest, so that a missing file is known by its name.
const early = new Map();
self.fetch = (address, options) => early.get(String(address)) ?? fetched(address, options);

let running;

const start = async ({ pyodide, viz, code, lock }, base) => {
  const python = `${base}${pyodide}/`;
  early.set(`${python}pyodide.asm.wasm`, unpacked(`${python}pyodide.asm.wasm`));
  early.set(`${python}python_stdlib.zip`, get(`${python}python_stdlib.zip`));
  const [{ loadPyodide }, { default: createPyodideModule }, { instance }, archive] = await Promise.all([
    import(`${python}pyodide.js`), import(`${python}pyodide.asm.js`), import(`${base}${viz}/viz.js`),
    get(base + code).then((answer) => answer.arrayBuffer()), ...early.values(),
  ]);
  const [py, graphviz] = await Promise.all([
    loadPyodide({ indexURL: python, createPyodideModule, lockFileContents: lock, packageBaseUrl: python }), instance(),
  ]);
  py.unpackArchive(archive, "zip", { extractDir: "/book" });
  py.registerJsModule("page", {
    emit: (text) => postMessage({ run: running, ...JSON.parse(text) }),
    dot: (source) => graphviz.renderString(source, { format: "svg" }),
  });
  py.runPython("import sys; sys.path.insert(0, '/book'); import front, page; shell = front.in_page(page)");
  return py.globals.get("shell");
};

let shell;
self.onmessage = async ({ data }) => {
  if (data.start) {
    shell = start(data.start, data.base);
    await shell.then(() => postMessage({ ready: true }), (error) => postMessage({ missing: error.message }));
    return;
  }
  const python = await shell;
  running = data.run;
  try {
    postMessage({ run: data.run, done: python.run_cell(data.code, data.name) });
  } catch (error) { // the cell would have been told of its own errors: this is Python's end
    postMessage({ run: data.run, done: false, ended: error.message });
  }
};
