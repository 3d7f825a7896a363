/** The choice of the language, kept with the account. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import { SetLanguageDocument } from '../../../client/generated/graphql';
import { useViewer } from '../session/SessionContext';
import { Card } from '../ui/Card';
import { Field } from '../ui/Field';
import { FormError } from '../ui/FormError';
import { useSubmit } from '../ui/useSubmit';
import { forAccount } from './account';
import { chosenLanguage, keepLanguage } from './active';
import { isLanguage, LANGUAGES } from './choice';

export function LanguageCard(): ReactElement {
  const { id } = useViewer();
  const [choose] = useMutation(SetLanguageDocument);
  const { run, busy, error } = useSubmit(async (value: string) => {
    const language = isLanguage(value) ? value : null;
    const { data } = await choose({
      variables: { language: language === null ? null : forAccount(language) },
    });
    throwIfRefused(data?.setLanguage.userErrors ?? []);
    keepLanguage(language, id);
  });
  return (
    <Card title={t`Language`}>
      <Field label={t`Of words, numbers and dates`}>
        {(ids) => (
          <select
            {...ids}
            className="input"
            defaultValue={chosenLanguage() ?? ''}
            disabled={busy}
            onChange={({ target }) => void run(target.value)}
          >
            <option value="">{t`As the browser`}</option>
            {Object.entries(LANGUAGES).map(([language, name]) => (
              <option key={language} value={language} lang={language}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <p className="muted"><Trans>On all your devices, and in what is pushed to them.</Trans></p>
      <FormError error={error} />
    </Card>
  );
}
