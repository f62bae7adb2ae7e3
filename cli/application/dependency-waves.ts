/** Groups services into waves in the order of their dependencies: each wave depends only on earlier ones. */

interface Dependent {
  service: string;
  dependsOn: string[];
}

/** Ignores dependencies that are not among the services; a cycle becomes a wave of its own. */
export function waves<T extends Dependent>(services: T[]): T[][] {
  const names = new Set(services.map(({ service }) => service));
  const done = new Set<string>();
  const found: T[][] = [];
  for (let left = services; left.length > 0;) {
    const free = left.filter(({ service, dependsOn }) =>
      dependsOn.every((name) => done.has(name) || !names.has(name) || name === service),
    );
    const wave = free.length > 0 ? free : left;
    for (const { service } of wave) done.add(service);
    found.push(wave);
    left = left.filter((service) => !wave.includes(service));
  }
  return found;
}
