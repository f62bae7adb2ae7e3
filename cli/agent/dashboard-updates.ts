/** When the dashboard is to be drawn again: what file and state say has changed, or a look has found more. */
import type { Application, Member } from "../application/application.js";

export class LiveDashboard {
  private readonly found = new Map<string, Member>();
  private application: Application | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly draw: (application: Application) => Promise<void>) {}

  /** Where neither file nor state knows a service, the first look is waited for. */
  show(application: Application): void {
    this.application = application;
    if (application.project !== undefined || application.members.length > 0 || this.found.size > 0)
      this.drawNow();
  }

  /** They stay for as long as the agent runs: a host that is away takes no panels with it. */
  add(services: Member[]): void {
    const keyOf = ({ service, host }: Member) => `${service}@${host.name}`;
    const grown = services.filter((one) => (this.found.get(keyOf(one))?.replicas ?? 0) < one.replicas);
    for (const member of grown) this.found.set(keyOf(member), member);
    if (grown.length > 0) this.drawNow();
  }

  /** Settles when nothing is being drawn. */
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
