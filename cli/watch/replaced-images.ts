import type { Context } from "../application/context.js";
import type { LiveService } from "../application/live-application.js";

/** Images of rebuilds in this session. The image that ran before the first rebuild is kept for rollback. */
export class ReplacedImages {
  /** Images built in this session, by "service@host". */
  private readonly built = new Map<string, Set<string>>();

  /** After a rebuild, removes images of earlier rebuilds that are unused and untagged. */
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
