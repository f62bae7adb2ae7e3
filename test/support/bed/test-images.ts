import { debianImageNames, debianImages, hasImage, loadImages } from "../scripts.js";

/** The images of examples and tests on an engine of the bed: no test pulls from a registry that it did not start. */
export async function loadTestImages(engine: {
  address: string;
  certificates?: string | undefined;
}): Promise<void> {
  const names = { example: Object.values(debianImageNames.example), test: debianImageNames.test };
  for (const group of ["example", "test"] as const) {
    const present = await Promise.all(names[group].map((name) => hasImage(engine, name)));
    if (present.every(Boolean)) continue;
    const archives = await debianImages(() => undefined);
    await loadImages(engine, archives[group]);
  }
}
