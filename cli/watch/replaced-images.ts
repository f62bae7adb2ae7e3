import type { Context } from "../application/context.js";
import type { LiveService } from "../application/live-application.js";

/** Images of a session's rebuilds. What ran before the first of them stays: there may be a way back to it. */
export class Replaced {
  /** By "service@host": those that this session built. */
  private readonly built = new Map<string, Set<string>>();

  /** After a rebuild: what an earlier one made, and nobody uses or names any more, is removed. */
  async after(context: Context, services: LiveService[]): Promise<void> {
    for (const service of services) {
      const key = `${service.service}@${service.host.name}`;
      const now = new Set(service.containers.map(({ imageId }) => imageId));
      const before = [...(this.built.get(key) ?? [])].filter((id) => !now.has(id));
      this.built.set(key, now);
      const named = new Set(
        (service.at.snapshot?.images ?? []).flatMap(({ id, tags }) => (tags.length > 0 ? id : [])),
      );
      const engine = await context.engine(service.host);
      for (const id of before.filter((one) => !named.has(one)))
        await engine.delete(`/images/${id}`, { ok: [404, 409] });
    }
  }
}
