import { vi } from "vitest";

// A busy machine needs more than the second that Vitest waits unless told otherwise.
const { waitFor } = vi;
vi.waitFor = (check, options = 8000) => waitFor(check, options);
