/** How this package names itself to the API; a test holds the version against package.json. */
export const PRODUCT = "NodeRedGladia/0.1.0";
