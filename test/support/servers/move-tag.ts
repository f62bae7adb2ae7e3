/** Moves a tag in a registry to another tag's image, without an engine. */
export async function moveTag(registry: string, repository: string, from: string, to: string): Promise<void> {
  const url = (tag: string) => `http://${registry}/v2/${repository}/manifests/${tag}`;
  const Accept = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
  ].join(",");
  const answer = await fetch(url(from), { headers: { Accept } });
  if (!answer.ok) throw new Error(`${url(from)}: ${answer.status}`);
  const type = answer.headers.get("content-type")!;
  const put = await fetch(url(to), {
    method: "PUT",
    headers: { "Content-Type": type },
    body: await answer.arrayBuffer(),
  });
  if (!put.ok) throw new Error(`${url(to)}: ${put.status} ${await put.text()}`);
}
