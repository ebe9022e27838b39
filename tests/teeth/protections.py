"""The protections of the server, how each is taken out, and the directed check that must then fail.

`docs/proof.md` shows this list together with the phone's (`tests/js/teeth/protections.json`); a test keeps them equal.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fieldservice.accounts import queries as accounts
from fieldservice.accounts.actions import devices
from fieldservice.core import db as core_db
from fieldservice.core import versions
from fieldservice.evidence import access, bundles
from fieldservice.evidence import actions as evidence
from fieldservice.evidence import api as evidence_api
from fieldservice.evidence import queries as evidence_queries
from fieldservice.sync import actions as push
from fieldservice.sync import api, cursor, queries, rules
from fieldservice.visits import actions as visits
from fieldservice.web import headers
from tests.support.databases import KINDS
from tests.teeth import checks
from tests.teeth.cutting import Cut
from tests.teeth.world import World

SQLITE, POSTGRESQL = KINDS


@dataclass(frozen=True)
class Protection:
    """`check` holds with it and fails without: `cuts` are all made at once. `databases`: where it is at work."""

    name: str
    cuts: tuple[Cut, ...]
    check: Callable[[World], None]
    databases: tuple[str, ...] = KINDS


def _cut(name: str, check: Callable[[World], None], function: Callable[..., object], lines: str, instead: str,
         *more: Cut, on: tuple[str, ...] = KINDS) -> Protection:  # fmt: skip
    return Protection(name, (Cut(function, lines, instead), *more), check, on)


PROTECTIONS = [
    # the push
    _cut("a known operation is answered, not applied again", checks.a_repeat_gets_the_same_answer,
         push._known, "set(ask(_KNOWN, op_ids=op_ids).scalars())", "set()"),
    _cut("looked again after waiting for the jobs", checks.a_copy_that_comes_at_the_same_moment_is_answered_alike,
         push.push, "jobs = hold_jobs(", "known = _known([op.id for op in ops])\n    jobs = hold_jobs(",
         Cut(push.push, "known = _known([op.id for op in ops])\n    if any(", "if any("), on=(POSTGRESQL,)),
    _cut("the later word about a day stands", checks.an_earlier_word_that_comes_late_changes_no_day,
         visits.order_day, "(kept.happened_at, kept.op_id) > (when.at, when.op_id)", "False"),
    _cut("rows that wait go with their savepoint", checks.what_cannot_be_written_together_is_written_alone,
         versions._end_failed_flush, " if ended not in one.inside", ""),
    _cut("a file's operation is known by its id", checks.a_file_brings_nothing_twice,
         push.take_carried, "if op.id not in known:\n            when", "if True:\n            when"),
    _cut("gap check", checks.it_stops_at_a_gap,
         push.push, "if op.seq != last_seq + 1:", "if False:"),
    _cut("order of seq", checks.ops_are_taken_in_their_order,
         push.push, "sorted(request.ops, key=lambda op: op.seq)", "list(request.ops)"),
    _cut("fork check", checks.a_copied_profile_is_told,
         push.push, "if any(op.seq <= device.last_seq and op.id not in known for op in ops):", "if False:"),
    _cut("epoch check", checks.ops_of_another_life_wait,
         api._taken, "if request.ops and request.epoch != epoch:", "if False:"),
    _cut("device row lock", checks.a_count_never_goes_back,
         accounts._device_held, "_HELD_DEVICE", "_DEVICE", on=(POSTGRESQL,)),
    _cut("device row lock, at a revocation", checks.a_phone_blocked_while_it_waits_is_heard_and_no_more,
         accounts._device_held, "_HELD_DEVICE", "_DEVICE", on=(POSTGRESQL,)),
    _cut("jobs are locked and read anew", checks.a_step_sees_the_cancellation_it_waited_for,
         push.push, "hold_jobs((op.entity for op in ops if op.seq > device.last_seq), sign_offs=_SHEETS)", "[]",
         on=(POSTGRESQL,)),
    _cut("commit before the answer", checks.what_is_acknowledged_is_there,
         api._push, "db.session.commit()", "pass"),
    _cut("acknowledged from the log, not from memory", checks.what_is_acknowledged_is_there,
         api._push, "db.session.commit()", "pass",
         Cut(queries.acks_of, "return [_ack(entries[op_id]) for op_id in op_ids if op_id in entries]",
             "return [Ack(id=op_id, result='applied', version=1, note=None) for op_id in op_ids]")),
    _cut("savepoint for each operation", checks.a_refused_act_leaves_nothing,
         push._apply, "with db.session.begin_nested():", "if True:"),
    _cut("savepoint for all of a push", checks.a_refused_act_leaves_nothing,
         push._all_applied, "db.session.begin_nested(), ", ""),
    _cut("one by one when not all apply", checks.a_refused_act_leaves_nothing,
         push._all_applied, "return False", "return True"),
    _cut("quarantine", checks.a_refused_act_waits_for_the_desk,
         push._apply, "result = rules.QUARANTINED if broken.code in rules.DECIDABLE else rules.REJECTED",
         "result = rules.REJECTED"),
    _cut("the desk is told of what was set aside", checks.a_refused_act_waits_for_the_desk,
         push._write_down, "if reason:", "if False:"),
    _cut("the unknown is parked", checks.what_is_unknown_is_parked,
         push._apply, 'return Verdict(rules.QUARANTINED, {"code": "unknown_kind"})', "return None"),
    _cut("a fault in one operation stays in it", checks.a_fault_of_ours_holds_nothing_up,
         push._apply, "except Exception:", "except KeyboardInterrupt:"),
    _cut("bad arguments stay in their operation", checks.bad_arguments_hold_nothing_up,
         push._apply, "except ValidationError:", "except KeyboardInterrupt:",
         Cut(push._apply, "except Exception:", "except KeyboardInterrupt:")),
    _cut("late evidence", checks.late_work_is_kept_as_late,
         push._applied, "is_late = job.state == CANCELLED or not job.is_crew(person.id)", "is_late = False"),
    _cut("who was of the crew before", checks.who_led_before_is_not_a_stranger,
         queries.was_crew, "return db.session.scalar(query.limit(1)) is not None", "return False"),
    _cut("operations on jobs of others are refused", checks.a_guessed_job_is_unknown,
         push._own_job, "was_crew(job, person)", "True"),
    _cut("a device is its person's", checks.a_phone_belongs_to_its_person,
         accounts.own_device, "if device.person_id != person.id:", "if False:"),
    _cut("a client id is registered once", checks.a_phone_is_not_taken_over,
         devices.register_device, "if device.person_id != session.person_id:", "if False:"),
    _cut("work of a blocked phone is set aside", checks.a_blocked_phone_gets_nothing,
         push.push, "is_blocked or not _all_applied", "not _all_applied",
         Cut(push._aside, "if device.revoked_at is None:", "if True:")),
    _cut("a blocked phone is wiped when nothing is left", checks.a_blocked_phone_is_wiped_when_nothing_is_left,
         push._has_nothing_left, "request.pending <= request.stuck and ", ""),
    _cut("not wiped behind a gap", checks.a_blocked_phone_is_wiped_when_nothing_is_left,
         push.push, "len(taken) == len(ops) and ", ""),
    _cut("a blocked phone registers as the blocked one it is", checks.a_blocked_phone_is_known_when_its_person_comes_anew,
         devices.register_device, "if session.device_id is None:", "if False:"),
    _cut("a blocked phone gets nothing to read", checks.a_blocked_phone_gets_nothing,
         api._sync, "if pushed.is_blocked:", "if False:"),
    _cut("acknowledgements are the author's", checks.acknowledged_is_only_what_is_ones_own,
         queries.acks_of, "ask(_RESULTS, op_ids=op_ids, person_id=person_id)",
         "db.session.scalars(sa.select(LogEntry).where(LogEntry.id.in_(op_ids)))"),
    _cut("the phone's clock is corrected", checks.a_clock_ten_years_off_changes_nothing,
         rules.corrected_time, "off = received_ms - device_now_ms", "off = 0"),
    _cut("clamped to the receipt", checks.nothing_happens_after_it_was_received,
         rules.corrected_time, "min(max(guess.at_ms, earliest, 0), received_ms)", "max(guess.at_ms, earliest, 0)"),
    _cut("nonce echo", checks.every_answer_echoes_its_nonce,
         headers._add, "response.headers[ECHO_HEADER] = nonce", "pass"),
    # versions
    _cut("version stamp", checks.a_change_comes_by_the_cursor_alone,
         versions._stamp, "_write(session, rows, version)", "pass"),
    _cut("what shows a changed thing changes", checks.what_shows_a_changed_thing_comes_too,
         versions._followers_of, "[follow for base in kind.__mro__ for follow in _followers.get(base, ())]", "[]"),
    _cut("a savepoint undone leaves the rest touched",
         checks.an_applied_act_is_numbered_though_a_later_one_was_refused,
         versions._end_failed_flush, "if ended.parent is None:", "if True:"),
    _cut("no write past the counter", checks.nothing_is_written_past_the_counter,
         versions._refuse_unversioned, "and not _may_write.get()", "and False"),
    _cut("counter last, held to the commit", checks.a_slow_writer_is_not_passed_by,
         versions.take_version, "taken = session.connection().execute(",
         "with db.engine.begin() as other: taken = other.execute(", on=(POSTGRESQL,)),
    _cut("rows are locked before the counter", checks.who_holds_the_counter_waits_for_nobody,
         versions._stamp, "_hold(session, [row for row in rows if row.id not in held])", "pass", on=(POSTGRESQL,)),
    _cut("BEGIN IMMEDIATE", checks.who_reads_first_writes_first,
         core_db._begin, "_begin_writing(connection)", 'connection.exec_driver_sql("BEGIN")', on=(SQLITE,)),
    _cut("synchronous=FULL", checks.what_is_committed_is_on_the_disk,
         core_db._prepare_sqlite, '"synchronous=FULL"', '"synchronous=NORMAL"', on=(SQLITE,)),
    _cut("no number is given out twice", checks.a_database_put_back_begins_an_epoch,
         versions.take_version, "if given_out is None or version <= given_out:", "if False:"),
    _cut("a lost past is noticed", checks.a_phone_ahead_of_the_database_begins_an_epoch,
         api._notice_lost_past, "if is_needed(now):", "if False:"),
    # the pull
    _cut("snapshot", checks.a_pull_sees_one_state,
         core_db._begin, 'is_snapshot=mode == "snapshot"', "is_snapshot=False", on=(POSTGRESQL,)),
    _cut("one read transaction", checks.a_pull_sees_one_state,
         core_db._begin, 'connection.exec_driver_sql("BEGIN")', "pass", on=(SQLITE,)),
    _cut("an answer ends between two versions", checks.a_transaction_is_not_cut_in_two,
         queries._cut, "for version, job_id in newer if version <= last]",
         "for version, job_id in newer[:rules.MAX_CHANGES]]"),
    _cut("only own jobs", checks.a_phone_holds_its_own_jobs_alone,
         queries.held_manifest, "ask(_HELD, person_id=person.id, first_on=first_on, last_on=last_on).all()",
         "list(db.session.scalars(sa.select(Job)).unique())"),
    _cut("only own jobs can be fetched", checks.a_phone_holds_its_own_jobs_alone,
         queries.pull, "{held_id for held_id, _version in manifest} & set(fetch)", "set(fetch)"),
    _cut("cursors are sealed", checks.a_made_up_cursor_starts_anew,
         cursor.witness, "return (version, last_seq) if is_ours else (0, 0)", "return version, last_seq"),
    _cut("a cursor is its phone's", checks.a_cursor_of_another_phone_starts_anew,
         cursor._seal, "content + client_id.encode()", "content"),
    _cut("manifest takes away", checks.what_was_given_away_leaves,
         api._answer, "request.manifest_hash else pulled.manifest", "request.manifest_hash else None"),
    _cut("manifest heals", checks.a_damaged_copy_is_healed,
         api._answer, "request.manifest_hash else pulled.manifest", "request.manifest_hash else None"),
    # bytes
    _cut("the whole is hashed", checks.other_bytes_are_not_verified,
         evidence._finish, "if sha256 != upload.sha256:", "sha256 = upload.sha256\n    if False:"),
    _cut("the whole is hashed again after its pieces", checks.other_bytes_in_pieces_are_not_verified,
         evidence.take_piece, "files.sha256_of(partial)", "upload.sha256"),
    _cut("offset check", checks.a_piece_counts_where_it_belongs,
         evidence.take_piece, 'if queries.reached(upload) != offset:', "if False:",
         Cut(evidence_api.go_on, "if queries.reached(upload) != offset:", "if False:")),
    _cut("checksum of a piece", checks.a_spoilt_piece_does_not_count,
         evidence_api._take, "checksum is not None and checksum.value != draft.sums[checksum.algorithm]", "False"),
    _cut("creation is idempotent", checks.created_twice_is_one_upload,
         evidence._insert_once, "_insert_unless_there(table, tuple(key), connection.dialect.name)", "sa.insert(table)"),
    _cut("verified after the commit", checks.whole_is_said_after_the_commit,
         evidence_api._take, "db.session.commit()", "pass"),
    _cut("each photo of a bundle is hashed", checks.other_bytes_in_a_bundle_are_not_verified,
         evidence._finish, "if sha256 != upload.sha256:", "sha256 = upload.sha256\n    if False:"),
    _cut("a bundle is told after the commit", checks.a_bundle_is_told_after_the_commit,
         bundles._take_group, "db.session.commit()", "pass"),
    _cut("a bundle's bytes are on the disk before they are named",
         checks.bytes_of_a_bundle_are_on_the_disk_before_they_are_named,
         bundles._take_group, "files.bring([draft.path for _part, draft in group if draft.size])", "pass"),
    _cut("a bundle is its phone's", checks.a_bundle_is_its_persons,
         accounts.own_device, "if device.person_id != person.id:", "if False:"),
    _cut("a bundle's bytes belong to an act of their sender", checks.a_bundle_is_its_persons,
         evidence_queries.media_type_announced, "ask(_SAID, op_id=evidence_id, person_id=person.id).scalar()",
         "db.session.scalar(sa.select(LogEntry.body).filter_by(id=evidence_id, kind=ANNOUNCES))"),
    _cut("a lost file is missed", checks.what_the_disk_has_lost_is_asked_for_again,
         evidence_queries.reached, "if files.is_whole(upload.sha256, upload.length) else 0", ""),
    _cut("bytes belong to an act of their sender", checks.bytes_belong_to_an_act,
         evidence_queries.media_type_announced, "ask(_SAID, op_id=evidence_id, person_id=person.id).scalar()",
         "db.session.scalar(sa.select(LogEntry.body).filter_by(id=evidence_id, kind=ANNOUNCES))"),
    _cut("an upload is its person's", checks.an_upload_is_its_persons,
         evidence_queries.own_upload, ", person_id=person.id", "",
         Cut(accounts.own_device, "if device.person_id != person.id:", "if False:")),
    _cut("knowing a hash grants nothing", checks.knowing_a_hash_grants_nothing,
         access.may_see, "any(sees(person, rows) for sees in _readers)", "True"),
]  # fmt: skip
