/** "web2" comes before "web10". Shared, because creating a collator takes longer than using it. */
export const byNumber = new Intl.Collator("en", { numeric: true });
