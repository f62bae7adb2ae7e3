/** In-memory engines, so that only k2-compose and Pulumi are measured. */
import { FakeEngine } from "../test/support/fake-engine/fake-engine.js";

/** An image that all of them have. */
export const image = "fake/app:1";

/** Engines h0, h1, and so on. */
export function startFakeEngines(count: number): Promise<FakeEngine[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const engine = await FakeEngine.start({ name: `h${at}` });
      engine.contents.addImage(image);
      return engine;
    }),
  );
}
