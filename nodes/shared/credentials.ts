/** What of an account Node-RED keeps encrypted. */
export const ACCOUNT_CREDENTIALS = { apiKey: { type: "password" }, webhookSecret: { type: "password" } } as const;
