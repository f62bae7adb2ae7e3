/**
 * Draws the topology: a column for each host, services above their dependencies. The picture needs no external
 * resources.
 */
import type { Status } from "../application/status.js";
import type { Topology, TopologyHost, TopologyService } from "./topology.js";
import { elementOf, entryOf } from "../../provider/shared/lookup.js";

const boxWidth = 250;
const boxHeight = 66;
const rowGap = 34;
const columnGap = 110;
const margin = 24;
const headHeight = 52;
/** Between the border of a host and its services. */
const padding = 16;

interface Place {
  x: number;
  y: number;
  column: number;
}

export function svg(topology: Topology): string {
  const places = new Map<string, Place>();
  topology.hosts.forEach((host, column) =>
    host.services.forEach(({ id }, row) => places.set(id, { ...corner(column, row), column })),
  );
  const rows = Math.max(1, ...topology.hosts.map(({ services }) => services.length));
  const edges = topology.edges.map(({ from, to }) => ({
    from: entryOf(places, from),
    to: entryOf(places, to),
  }));
  const columns = Math.max(1, topology.hosts.length);
  const width = corner(columns, 0).x - columnGap + Math.max(padding + margin, overhang(edges, columns));
  const bottom = corner(0, rows).y;
  const parts = [
    ...topology.hosts.map((host, column) => hostBox(host, column, bottom)),
    ...arrowsOf(edges),
    ...topology.hosts.flatMap(({ services }) =>
      services.map((service) => serviceBox(service, entryOf(places, service.id))),
    ),
  ];
  const height = bottom + margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#64748b"/></marker></defs>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${margin}" y="${margin}" font-size="16" font-weight="600" fill="#0f172a">${escape(topology.title)}</text>`,
    ...parts,
    "</svg>",
  ].join("\n");
}

export function html(topology: Topology): string {
  const title = escape(topology.title);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{margin:2rem;background:#f8fafc}svg{max-width:100%;height:auto;border:1px solid #e2e8f0;border-radius:8px}</style>
<body>
${svg(topology)}
</body></html>`;
}

/** The upper left corner of a service's box. */
function corner(column: number, row: number): { x: number; y: number } {
  return {
    x: margin + padding + column * (boxWidth + columnGap),
    y: 2 * margin + headHeight + row * (boxHeight + rowGap),
  };
}

function hostBox({ name, address, connected }: TopologyHost, column: number, bottom: number): string {
  const { x } = corner(column, 0);
  const y = margin + 14;
  const dead = connected === false;
  const note = dead ? `${address} (no answer)` : address;
  return [
    `<rect x="${x - padding}" y="${y}" width="${boxWidth + 2 * padding}" height="${bottom - y}" rx="10" fill="${dead ? "#fef2f2" : "#f1f5f9"}" stroke="#cbd5e1"/>`,
    `<text x="${x}" y="${y + 24}" font-weight="600" fill="#0f172a">${escape(name)}</text>`,
    `<text x="${x}" y="${y + 42}" font-size="12" fill="#475569">${escape(cut(note, 38))}</text>`,
  ].join("");
}

function serviceBox(service: TopologyService, { x, y }: Place): string {
  const { name, image, replicas, ports, status, text = "" } = service;
  const head = replicas === 1 ? name : `${name} ×${replicas}`;
  const state =
    status === undefined
      ? ""
      : `<circle cx="${x + boxWidth - 16}" cy="${y + 16}" r="6" fill="${fills[status]}"><title>${escape(text)}</title></circle>`;
  return [
    `<rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="6" fill="#ffffff" stroke="#94a3b8"/>`,
    `<text x="${x + 12}" y="${y + 21}" font-weight="600" fill="#0f172a">${escape(cut(head, 28))}</text>`,
    `<text x="${x + 12}" y="${y + 39}" font-size="12" fill="#475569">${escape(endOf(shortImage(image), 32))}</text>`,
    `<text x="${x + 12}" y="${y + 56}" font-size="12" fill="#0369a1">${escape(cut([...ports, text].filter(Boolean).join("  "), 34))}</text>`,
    state,
  ].join("");
}

type Side = "left" | "right" | "top" | "bottom";

interface Edge {
  from: Place;
  to: Place;
}

interface Point {
  x: number;
  y: number;
}

/** The arrows at one side of a box start and end apart from each other, in the order of their other ends. */
function arrowsOf(edges: Edge[]): string[] {
  const ends = edges.flatMap((edge) => {
    const [leaves, arrives] = sidesOf(edge);
    return [
      { edge, box: edge.from, other: edge.to, side: leaves },
      { edge, box: edge.to, other: edge.from, side: arrives },
    ];
  });
  const pointOf = (edge: Edge, box: Place): Point => {
    const { side } = elementOf(
      ends.filter((end) => end.edge === edge && end.box === box),
      0,
    );
    const beside = ends.filter((end) => end.box === box && end.side === side);
    const ordered = beside.sort((a, b) => a.other.y - b.other.y || a.other.x - b.other.x);
    return onSide(box, side, (ordered.findIndex((end) => end.edge === edge) + 1) / (ordered.length + 1));
  };
  return edges.map((edge, at) => arrow(edge, pointOf(edge, edge.from), pointOf(edge, edge.to), at));
}

/** Within a column from box to next box or around others; between columns from side to side. */
function sidesOf({ from, to }: Edge): [Side, Side] {
  if (from.column !== to.column) return from.column < to.column ? ["right", "left"] : ["left", "right"];
  return isNext(from, to) ? ["bottom", "top"] : ["right", "right"];
}

function isNext(from: Place, to: Place): boolean {
  return to.y - from.y === boxHeight + rowGap;
}

/** `part`: 0 to 1, from the top or the left. */
function onSide({ x, y }: Place, side: Side, part: number): Point {
  if (side === "top" || side === "bottom")
    return { x: x + boxWidth * part, y: side === "top" ? y : y + boxHeight };
  return { x: side === "left" ? x : x + boxWidth, y: y + boxHeight * part };
}

function arrow({ from, to }: Edge, start: Point, end: Point, at: number): string {
  if (from.column === to.column) {
    if (isNext(from, to)) return path(`M${start.x} ${start.y} L${end.x} ${end.y}`);
    const bend = start.x + bendOf(end.y - start.y);
    return path(`M${start.x} ${start.y} C${bend} ${start.y} ${bend} ${end.y} ${end.x} ${end.y}`);
  }
  const way = to.column > from.column ? 1 : -1;
  if (Math.abs(to.column - from.column) > 1) return lane(from, start, end, way, at);
  const middle = (start.x + end.x) / 2;
  return path(`M${start.x} ${start.y} C${middle} ${start.y} ${middle} ${end.y} ${end.x} ${end.y}`);
}

/** How far the control points of an arrow around other boxes are from them: the arrow reaches three quarters of it. */
function bendOf(height: number): number {
  return Math.min(columnGap, 34 + Math.abs(height) / 12);
}

/** The room that arrows around the boxes of the last column need. */
function overhang(edges: Edge[], columns: number): number {
  const around = edges.filter(
    ({ from, to }) => from.column === columns - 1 && to.column === from.column && !isNext(from, to),
  );
  return Math.max(0, ...around.map(({ from, to }) => (3 / 4) * bendOf(to.y - from.y) + margin / 2));
}

/** Passes hosts in between in the free row below the box that it starts from. Arrows are offset from each other. */
function lane(from: Place, start: Point, end: Point, way: number, at: number): string {
  const y = from.y + boxHeight + rowGap / 2 + ((at % 5) - 2) * 5;
  const [leave, arrive] = [start.x + way * columnGap, end.x - way * columnGap];
  const [bend1, bend2] = [start.x + (way * columnGap) / 2, end.x - (way * columnGap) / 2];
  return path(
    `M${start.x} ${start.y} C${bend1} ${start.y} ${bend1} ${y} ${leave} ${y} L${arrive} ${y} C${bend2} ${y} ${bend2} ${end.y} ${end.x} ${end.y}`,
  );
}

function path(d: string): string {
  return `<path d="${d}" fill="none" stroke="#64748b" stroke-width="1.5" marker-end="url(#tip)"/>`;
}

const fills: Record<Status, string> = {
  ...{ running: "#16a34a", starting: "#eab308", restarting: "#dc2626", error: "#dc2626", paused: "#eab308" },
  ...{ stopped: "#f97316", undeployed: "#cbd5e1", unreachable: "#7f1d1d" },
};

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The end of an image's name says what runs. It is cut between two parts of the name if there is room for one. */
function endOf(image: string, length: number): string {
  if (image.length <= length) return image;
  const end = image.slice(image.length - length + 1);
  const slash = end.indexOf("/");
  return `…${slash === -1 ? end : end.slice(slash)}`;
}

function shortImage(image: string): string {
  return image.replace(/@sha256:([0-9a-f]{12})[0-9a-f]*$/, "@$1");
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
