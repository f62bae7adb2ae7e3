/** Row of a service's `volumes`. */
import { parseMount } from "../values/mount-syntax.js";
import type { At } from "../tree/problems.js";
import { isMapping, mappingOf } from "../tree/tree.js";
import { eitherSchema, flag, list, oneOf, optOut, record, text, whole } from "./shape.js";
import { byteSize, pairList } from "./values.js";

const sizeSchema = eitherSchema({ type: "integer", minimum: 0 }, { type: "string" });

const mount = record({
  short: { type: "string" },
  required: ["type"],
  path: "mount",
  fields: {
    type: oneOf(["bind", "volume", "tmpfs", "npipe", "cluster", "image"], { doc: "Kind of mount" }),
    source: text({ doc: "Path on the host, volume or image" }),
    target: text({ doc: "Path in the container" }),
    read_only: flag({ doc: "Mount read-only" }),
    consistency: text({ doc: "Ignored on Linux" }),
    bind: record({
      doc: "Options of bind",
      fields: {
        selinux: oneOf(["z", "Z"], { doc: "Relabel: shared or private" }),
        propagation: text({ doc: "Propagation" }),
        create_host_path: optOut({ doc: "Create the path on the host if it is missing" }),
        recursive: oneOf(["enabled", "disabled", "writable", "readonly"], { doc: "Submounts" }),
      },
      fill: (value) => {
        value.create_host_path ??= true;
      },
    }),
    volume: record({
      doc: "Options of volume",
      fields: {
        labels: pairList({ doc: "Labels of an anonymous volume" }),
        nocopy: flag({ doc: "Do not copy the image's files into it" }),
        subpath: text({ doc: "Folder inside the volume" }),
      },
    }),
    tmpfs: record({
      doc: "Options of tmpfs",
      fields: {
        size: byteSize(["integer", "string"], { doc: "Size", schema: sizeSchema }),
        mode: whole({
          doc: "Permissions, octal without quotes",
          schema: { type: "number" },
          cast: undefined,
          unsigned: true,
        }),
      },
    }),
    image: record({ doc: "Options of image", fields: { subpath: text({ doc: "Folder inside the image" }) } }),
  },
  long: longMount,
  check: (value, at) => {
    if (!isMapping(value)) return;
    if (typeof value.target !== "string") at.fail("needs a target");
    if (value.type === "bind" && value.source === undefined) at.fail("a bind mount needs a source");
  },
});

export const mounts = list(mount, {
  doc: "Volumes, folders of the host and other mounts",
  schema: { type: "array", items: mount.schema, uniqueItems: true },
  index: (entry) => {
    if (isMapping(entry)) return String(entry.target);
    const parsed = parseMount(String(entry));
    return typeof parsed === "string" ? String(entry) : parsed.target;
  },
});

function longMount(value: unknown, at: At): unknown {
  if (typeof value !== "string") return value;
  const parsed = parseMount(value);
  if (typeof parsed === "string")
    return at.fail(`${parsed}; a mount looks like source:/target or source:/target:ro`);
  const { bind, volume, ...rest } = parsed;
  const mapping = mappingOf(rest, at.place);
  if (bind !== undefined) mapping.bind = mappingOf(bind, at.place);
  if (volume !== undefined) mapping.volume = mappingOf(volume, at.place);
  return mapping;
}
