import { Client } from 'pg';
import { freshDatabase } from './fresh-database.js';

it('gives a database whose runtime role owns nothing', async () => {
  const database = await freshDatabase();
  const client = new Client({ connectionString: database.runtimeUrl });
  await client.connect();
  await expect(client.query('CREATE TABLE public.intruder (id int)')).rejects.toThrow(/permission denied/);
  await client.end();
  await database.drop();
});
