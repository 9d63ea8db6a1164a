import {
  at,
  applyCorrection,
  completeErasure,
  correctionOverdue,
  correctionRequested,
  deciderSpec,
  erasureFinal,
  erasureRequested,
  erasureStarted,
  finaliseErasure,
  id,
  infoCorrected,
  markCorrectionOverdue,
  memberErased,
  registered,
  registerMember,
  requestCorrection,
  requestErasure,
  someInfo,
  somePlan,
  startErasure,
} from '@lacuna/testing';
import { claimAbandoned } from '../claim/index.js';
import { memberDecider, type MemberInfo } from './index.js';

const { given } = deciderSpec(memberDecider);

const erasing = [registered(), erasureRequested()];
const erased = [...erasing, erasureStarted(), memberErased()];

describe('registering', () => {
  it('R001 registers what was provided, and once', () => {
    given().when(registerMember()).then(registered()).andAgain().thenRefused('MEMBER_EXISTS');
  });

  it('R001 refuses a field that is not in the list, the ID number above all', () => {
    const info = { ...someInfo, idNumber: '999999197001010017' } as MemberInfo<string>;
    given()
      .when(registerMember({ info }))
      .thenRefused('FIELD_INVALID', { field: 'idNumber', rule: 'unlisted' });
  });

  it('R001 asks for name and mobile, and for nothing else (R010)', () => {
    given()
      .when(registerMember({ info: {} as MemberInfo<string> }))
      .thenRefused(
        'FIELD_INVALID',
        { field: 'name', rule: 'required' },
        { field: 'mobile', rule: 'required' },
      );
  });

  it('R117 R118 refuses every bad field at once, and repeats no value', () => {
    given()
      .when(
        registerMember({
          info: { name: '12', mobile: '123', plate: 'X', vin: 'X', joinedOn: '1998-07-02' },
        }),
      )
      .thenRefused(
        'FIELD_INVALID',
        { field: 'name', rule: 'name' },
        { field: 'mobile', rule: 'mobile' },
        { field: 'plate', rule: 'plate' },
        { field: 'vin', rule: 'vin' },
        { field: 'joinedOn', rule: 'date-in-future' },
      );
  });

  it('R003 R013 refuses what does not say how, on what ground, for what and from whom it was collected', () => {
    const command = registerMember();
    const processing = { channel: '', lawfulBasis: '', purposes: [], noticeVersion: null, provenance: '' };
    given()
      .when({ ...command, context: { ...command.context, processing } })
      .thenRefused(
        'FIELD_INVALID',
        { field: 'processing.channel', rule: 'required' },
        { field: 'processing.lawfulBasis', rule: 'required' },
        { field: 'processing.provenance', rule: 'required' },
        { field: 'processing.purposes', rule: 'required' },
      );
  });

  it('takes a stream that holds an abandoned claim for one that holds nobody', () => {
    given(claimAbandoned('mobile', id(9)))
      .when(registerMember())
      .then(registered());
  });

  it('never brings an erased member back', () => {
    given(...erased)
      .when(registerMember())
      .thenRefused('MEMBER_ERASED');
  });
});

describe('correcting', () => {
  it('R072 takes a request at any time, with the fields in clear and in one order', () => {
    given(registered())
      .when(requestCorrection({ changes: { plate: '粤B12345', name: '许诺' } }))
      .then(correctionRequested({ fields: ['name', 'plate'], changes: { plate: '粤B12345', name: '许诺' } }))
      .andAgain()
      .thenNothing();
  });

  it('R001 corrects no ID number', () => {
    given(registered())
      .when(requestCorrection({ changes: { idNumber: '999999197001010017' } as object }))
      .thenRefused(
        'FIELD_INVALID',
        { field: 'changes', rule: 'required' },
        { field: 'idNumber', rule: 'unlisted' },
      );
  });

  it('refuses a correction of nothing, and of a bad value', () => {
    given(registered())
      .when(requestCorrection({ changes: {} }))
      .thenRefused('FIELD_INVALID', { field: 'changes', rule: 'required' });
    given(registered())
      .when(requestCorrection({ changes: { mobile: '1990000000' } }))
      .thenRefused('FIELD_INVALID', { field: 'mobile', rule: 'mobile' });
  });

  it('applies exactly what was asked for, once', () => {
    given(registered(), correctionRequested())
      .when(applyCorrection())
      .then(infoCorrected())
      .andAgain()
      .thenNothing();
    given(registered(), correctionRequested())
      .when(applyCorrection({ changes: { mobile: '19900000002', name: '许诺' } }))
      .thenRefused('CORRECTION_NOT_AS_REQUESTED');
    given(registered()).when(applyCorrection()).thenRefused('CORRECTION_NOT_FOUND');
  });

  it('R072 still owes a correction that is overdue', () => {
    given(registered(), correctionRequested(), correctionOverdue())
      .when(applyCorrection())
      .then(infoCorrected());
  });

  it('R072 reports a correction as overdue once, one millisecond after its 24 hours', () => {
    given(registered(), correctionRequested())
      .when(at('1998-07-02T09:00:00.000+08:00', markCorrectionOverdue()))
      .thenRefused('CORRECTION_NOT_DUE');
    given(registered(), correctionRequested())
      .when(at('1998-07-02T09:00:00.001+08:00', markCorrectionOverdue()))
      .then(correctionOverdue())
      .andAgain()
      .thenNothing();
  });

  it('R072 never reports one that was applied, or whose member is being erased', () => {
    const late = at('1998-07-03T09:00+08:00', markCorrectionOverdue());
    given(registered(), correctionRequested(), infoCorrected()).when(late).thenNothing();
    given(registered(), correctionRequested(), erasureRequested()).when(late).thenNothing();
    given(registered()).when(late).thenRefused('CORRECTION_NOT_FOUND');
    given().when(late).thenRefused('MEMBER_NOT_FOUND');
  });
});

describe('erasing', () => {
  it('R077 erases on request all that the law lets go, step by step, each step once', () => {
    given(registered()).when(requestErasure()).then(erasureRequested()).andAgain().thenNothing();
    given(...erasing)
      .when(startErasure())
      .then(erasureStarted())
      .andAgain()
      .thenNothing();
    given(...erasing, erasureStarted())
      .when(completeErasure())
      .then(memberErased())
      .andAgain()
      .thenNothing();
    given(...erased)
      .when(finaliseErasure())
      .then(erasureFinal())
      .andAgain()
      .thenNothing();
  });

  it('R077 R082 stops every use from the request on', () => {
    given(...erasing)
      .when(requestCorrection())
      .thenRefused('SUBJECT_RESTRICTED');
    given(registered(), correctionRequested(), erasureRequested())
      .when(applyCorrection())
      .thenRefused('SUBJECT_RESTRICTED');
    given(...erased)
      .when(requestCorrection())
      .thenRefused('MEMBER_ERASED');
    given(...erased)
      .when(requestErasure())
      .thenRefused('MEMBER_ERASED');
  });

  it('R078 refuses to erase what the law keeps, and says what stays and why', () => {
    given(registered())
      .when(requestErasure({ categories: ['basic', 'real-name'] }))
      .thenRefused('ERASURE_RETAINED_BY_LAW');
    given(...erasing)
      .when(startErasure())
      .then(erasureStarted({ items: somePlan }));
    given(...erasing)
      .when(startErasure({ plan: [{ ...somePlan[0]!, outcome: 'retain' }] }))
      .thenRefused('ERASURE_RETAINED_BY_LAW');
  });

  it('R047 writes down what is anonymised and what is deleted, and under which clause', () => {
    const behaviour = { category: 'behaviour', outcome: 'anonymise', basis: '', until: null } as const;
    const plan = [...somePlan, { ...behaviour, cite: 'R041 000§3.2' }];
    const categories = ['basic', 'behaviour'];
    given(registered()).when(requestErasure({ plan })).then(erasureRequested({ categories }));
    const requested = erasureRequested({ categories });
    given(registered(), requested)
      .when(startErasure({ plan }))
      .then(erasureStarted({ items: plan }));
    given(registered(), requested, erasureStarted({ items: plan }))
      .when(completeErasure())
      .then(memberErased({ categories }));
    given(registered(), requested)
      .when(startErasure({ plan: somePlan }))
      .thenRefused('ERASURE_RETAINED_BY_LAW');
  });

  it('R078 has nothing to do where the law keeps everything', () => {
    given(registered())
      .when(requestErasure({ plan: [somePlan[1]!] }))
      .thenRefused('ERASURE_RETAINED_BY_LAW');
  });

  it('knows only the reasons and categories of the pack, and leaves no half of a membership', () => {
    given(registered())
      .when(requestErasure({ reason: 'mood' }))
      .thenRefused('FIELD_INVALID', { field: 'reason', rule: 'unlisted' });
    given(registered())
      .when(requestErasure({ categories: ['weather'] }))
      .thenRefused('FIELD_INVALID', { field: 'categories', rule: 'unlisted' });
    given(registered())
      .when(
        requestErasure({
          categories: ['contact'],
          plan: [...somePlan, { ...somePlan[0]!, category: 'contact' }],
        }),
      )
      .thenRefused('FIELD_INVALID', { field: 'categories', rule: 'incomplete' });
  });

  it('E02 takes no step before its turn, and none of another erasure', () => {
    given(...erasing)
      .when(completeErasure())
      .thenRefused('ERASURE_OUT_OF_ORDER');
    given(...erasing, erasureStarted())
      .when(finaliseErasure())
      .thenRefused('ERASURE_OUT_OF_ORDER');
    given(...erasing)
      .when(startErasure({ erasureId: id(8) }))
      .thenRefused('ERASURE_NOT_FOUND');
    given(registered()).when(startErasure()).thenRefused('ERASURE_NOT_FOUND');
    given().when(requestErasure()).thenRefused('MEMBER_NOT_FOUND');
    given().when(startErasure()).thenRefused('MEMBER_NOT_FOUND');
  });
});
