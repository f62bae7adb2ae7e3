/** "web2" comes before "web10". One for all: to make it takes longer than to use it. */
export const byNumber = new Intl.Collator("en", { numeric: true });
