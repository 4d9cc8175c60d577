// Writes what the pages need from npm packages into dist/, which the program embeds when it is built.
// Run by `npm ci && node build.mjs`. Names get their hash and bytes their gzip form when the program starts.
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const out = "dist";
const modules = "node_modules";
await mkdir(out, { recursive: true });

await build({
  entryPoints: ["echarts.mjs"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "echarts",
  target: ["chrome123", "firefox120", "safari17.5"],
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none",
  outfile: `${out}/echarts.js`,
});
await copyFile(`${modules}/htmx.org/dist/htmx.min.js`, `${out}/htmx.js`);
for (const part of ["latin", "latin-ext"]) {
  await copyFile(`${modules}/@fontsource-variable/inter/files/inter-${part}-wght-normal.woff2`, `${out}/inter-${part}.woff2`);
}

// Icons: the drawing inside each SVG, by the name that the pages use.
const names = JSON.parse(await readFile("icons.json", "utf8"));
const icons = {};
for (const [name, file] of Object.entries(names)) {
  const svg = await readFile(`${modules}/lucide-static/icons/${file}.svg`, "utf8");
  icons[name] = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
}
await writeFile(`${out}/icons.json`, JSON.stringify(icons));

// The licences of what is shipped.
const licences = [];
for (const name of ["echarts", "zrender", "htmx.org", "@fontsource-variable/inter", "lucide-static"]) {
  licences.push(`${name}\n\n${await readFile(`${modules}/${name}/LICENSE`, "utf8")}`);
}
await writeFile(`${out}/licences.txt`, licences.join("\n\n----\n\n"));

// Last of all, so that it stands for a whole build.
await writeFile(`${out}/manifest.json`, JSON.stringify((await readdir(out)).filter((name) => name !== "manifest.json").sort(), null, 1) + "\n");
