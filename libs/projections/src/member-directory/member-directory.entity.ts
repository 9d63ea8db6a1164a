import { ViewColumn, ViewEntity } from 'typeorm';

/** A row of the live directory, as readers see it under its stable name. Positions are decimal strings. */
@ViewEntity({ schema: 'views', name: 'member_directory', synchronize: false })
export class MemberDirectoryEntity {
  @ViewColumn({ name: 'tenant' })
  tenant!: string;

  @ViewColumn({ name: 'member_id' })
  memberId!: string;

  @ViewColumn({ name: 'valid_from' })
  validFrom!: string;

  @ViewColumn({ name: 'valid_to' })
  validTo!: string | null;

  @ViewColumn({ name: 'status' })
  status!: string;

  @ViewColumn({ name: 'registered_at' })
  registeredAt!: string;

  @ViewColumn({ name: 'name' })
  name!: string;

  @ViewColumn({ name: 'mobile' })
  mobile!: string;

  @ViewColumn({ name: 'member_level' })
  memberLevel!: string | null;

  @ViewColumn({ name: 'vehicle_make' })
  vehicleMake!: string | null;

  @ViewColumn({ name: 'vehicle_model' })
  vehicleModel!: string | null;

  @ViewColumn({ name: 'plate' })
  plate!: string | null;

  @ViewColumn({ name: 'vin' })
  vin!: string | null;

  @ViewColumn({ name: 'joined_on' })
  joinedOn!: string | null;

  @ViewColumn({ name: 'customer_number' })
  customerNumber!: string | null;
}
