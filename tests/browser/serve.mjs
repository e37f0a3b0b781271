import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";

const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript" };

/** Serves on loopback what `fileOf` names for a path; gives the origin and how to stop. */
export async function serve(fileOf, headers = {}) {
  const server = createServer(async (request, response) => {
    const file = fileOf(new URL(request.url, "http://localhost").pathname);
    const body = file && (await readFile(file).catch(() => undefined));
    if (!body) return response.writeHead(404).end();
    response
      .writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", ...headers })
      .end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
