import { sha256, tar } from "./tar.mjs";

const architectures = { x64: "amd64", arm64: "arm64" };

/**
 * Writes images as one archive in the format of `docker save` and `POST /images/load`. An image is `{ name, entries,
 * config }`: one layer `FROM scratch`. Equal images have equal ids on every machine.
 */
export function imageFile(images) {
  const files = new Map();
  const manifest = images.map(({ name, entries, config }) => {
    const layer = tar(withFolders(entries));
    const layerPath = `${sha256(layer)}/layer.tar`;
    const configText = imageConfig(config, sha256(layer));
    const configPath = `${sha256(configText)}.json`;
    files.set(layerPath, layer).set(configPath, configText);
    return { Config: configPath, RepoTags: [name], Layers: [layerPath] };
  });
  files.set("manifest.json", JSON.stringify(manifest));
  return tar([...files].map(([path, content]) => ({ path, content })));
}

function imageConfig(config, layerHash) {
  return JSON.stringify({
    architecture: architectures[process.arch],
    os: "linux",
    created: "2026-01-01T00:00:00Z",
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      WorkingDir: "/",
      ...config,
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${layerHash}`] },
    history: [{ created: "2026-01-01T00:00:00Z", created_by: "k2-compose scripts" }],
  });
}

/** Entries by path (later ones take precedence), each preceded by its folders. */
function withFolders(entries) {
  const all = new Map();
  for (const entry of entries) {
    const parts = entry.path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join("/");
      if (!all.has(path)) all.set(path, { path, folder: true });
    }
    all.set(entry.path, entry);
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
