import { debianImageNames, debianImages, hasImage, loadImages } from "../scripts.js";

/**
 * Loads the images of examples and tests into an engine of the bed, because tests pull only from their own
 * registries.
 */
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
