export * from "k2-compose/program";
