/** Files go and come beside GraphQL, with the same token. */
import type { InventoryClient } from '../../../client';

interface Uploaded {
  id: string;
  name: string;
}

export async function upload(client: InventoryClient, file: File): Promise<Uploaded> {
  const answer = await fetch(`/imports?name=${encodeURIComponent(file.name)}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await client.accessToken()}`,
      'content-type': 'application/octet-stream',
    },
    body: file,
  });
  const told = (await answer.json()) as { import?: Uploaded; errors?: { message: string }[] };
  if (!told.import) throw new Error(told.errors?.[0]?.message ?? 'The file was not taken.');
  return told.import;
}

/** Save the rows that were left out. */
export async function saveRejects(client: InventoryClient, id: string): Promise<void> {
  const answer = await fetch(`/imports/${id}/rejects`, {
    headers: { authorization: `Bearer ${await client.accessToken()}` },
  });
  if (!answer.ok) throw new Error(`The server answered with ${String(answer.status)}.`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `rejects-${id}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
