import "k2-compose/program";
