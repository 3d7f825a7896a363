export function placeholders(message: string): string[];
export function faultOf(source: string, translation: string): string | null;
export function wordFaults(): Promise<string[]>;
