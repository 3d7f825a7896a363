/** Files go and come beside GraphQL, with the same token. */
import { t } from '@lingui/core/macro';

import type { InventoryClient } from '../../../client';
import { LANGUAGE } from '../language/active';
import { whyRefused } from '../language/fileAnswers';
import type { FileAnswer } from '../language/fileAnswers';
import { bytesOf } from '../pictures/pictureBytes';
import { saveBlob } from '../ui/saveBlob';

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
  const told = (await answer.json()) as FileAnswer & { import?: Uploaded };
  if (!told.import) throw new Error(whyRefused(told) ?? t`The file was not taken.`);
  return told.import;
}

/** Save the rows that were left out, and why, in the page's language. */
export async function saveRejects(client: InventoryClient, id: string): Promise<void> {
  const path = `/imports/${id}/rejects?language=${LANGUAGE}`;
  saveBlob(await bytesOf(client, path), `rejects-${id}.csv`);
}
