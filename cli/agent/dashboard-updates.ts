/** Redraws the dashboard when the file or the state changes, or when a measurement finds more services. */
import type { Application, Member } from "../application/application.js";

export class LiveDashboard {
  private readonly found = new Map<string, Member>();
  private application: Application | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly draw: (application: Application) => Promise<void>) {}

  /** If neither file nor state has services, waits for the first measurement. */
  show(application: Application): void {
    this.application = application;
    if (application.project !== undefined || application.members.length > 0 || this.found.size > 0)
      this.drawNow();
  }

  /** Services are never removed from these, so that panels stay when a host is unreachable. */
  add(services: Member[]): void {
    const keyOf = ({ service, host }: Member) => `${service}@${host.name}`;
    const grown = services.filter((one) => (this.found.get(keyOf(one))?.replicas ?? 0) < one.replicas);
    for (const member of grown) this.found.set(keyOf(member), member);
    if (grown.length > 0) this.drawNow();
  }

  /** Resolves when no drawing is in progress. */
  drawn(): Promise<void> {
    return this.work;
  }

  private drawNow(): void {
    const { application } = this;
    if (!application) return;
    const members = [...application.members, ...this.found.values()];
    this.work = this.work.then(() => this.draw({ ...application, members }));
  }
}
