import { IsOptional, Matches } from 'class-validator';

/** Whose token: any role of any loaded pack. */
export class DemoTokenDto {
  @Matches(/^[a-z][a-z0-9-]{0,62}$/, { message: 'required' })
  readonly tenant!: string;

  @Matches(/^[a-z][a-z0-9-]{0,62}$/, { message: 'required' })
  readonly role!: string;

  @IsOptional()
  @Matches(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { message: 'uuid' })
  readonly memberId?: string;
}
