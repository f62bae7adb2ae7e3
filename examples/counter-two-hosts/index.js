export { default } from "k2-compose/program";
