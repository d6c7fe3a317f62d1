#include "engine/file_name.h"
#include "engine/recovery_case.h"
#include "engine/snapshot_format.h"

namespace kv {
namespace {

using Cases = std::vector<RecoveryCase>;

const std::string kLog1 = log_name(1);
const std::string kLog2 = log_name(2);
const std::string kLog3 = log_name(3);
const std::string kSnapshot1 = snapshot_name(1);
const std::string kSnapshot2 = snapshot_name(2);
const std::string kSnapshot3 = snapshot_name(3);

const std::string kEmptySnapshot1 = crafted_snapshot(1, 0, {});
const Contents kAB{{"a", "1"}, {"b", "2"}};
const Contents kABC{{"a", "1"}, {"b", "2"}, {"c", "3"}};
const Contents kABCDE{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}};

// A store's first log: a, b and c, each synced.
CraftedLog abc() { return CraftedLog(void_log(1)).put("a", "1").put("b", "2").put("c", "3"); }

// The log that a compaction behind abc() made: d and e.
CraftedLog de() { return CraftedLog(log_that_follows(2, abc())).put("d", "4").put("e", "5"); }

std::string snapshot_of_abc() { return crafted_snapshot(2, 3, kABC); }

// A store that was compacted once, whose old files are still there.
Image compacted() {
  return {
      {kSnapshot1, kEmptySnapshot1}, {kLog1, abc().bytes()}, {kSnapshot2, snapshot_of_abc()}, {kLog2, de().bytes()}};
}

// An image with one file changed, or taken away.
Image with(Image image, const std::string& name, std::string bytes) {
  image[name] = std::move(bytes);
  return image;
}
Image without(Image image, const std::string& name) {
  image.erase(name);
  return image;
}

// The log's own header in a file of another store.
CraftedLog abc_of_another_store() {
  FileHeader header = void_log(1);
  header.store_id = kCraftedStoreId + 1;
  return CraftedLog(header).put("a", "1").put("b", "2").put("c", "3");
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }   // NOLINT(modernize-return-braced-init-list)
std::string garbage(std::size_t count) { return std::string(count, 'x'); }  // NOLINT(modernize-return-braced-init-list)

Image one_log(std::string bytes) { return {{kSnapshot1, kEmptySnapshot1}, {kLog1, std::move(bytes)}}; }

void add_reads_and_versions(Cases& cases) {
  constexpr auto kIoError = Verdict::io_error;
  constexpr auto kUnsupported = Verdict::unsupported_version;
  const auto refused_read = [&](std::string_view name, Image image, const std::string& file) {
    cases.push_back({name, Row::read_failed, std::move(image), kIoError, file, 0, {}, false, file});
  };
  refused_read("TheSnapshotCannotBeRead", one_log(abc().bytes()), kSnapshot1);
  refused_read("TheLogCannotBeRead", one_log(abc().bytes()), kLog1);
  refused_read("ALogThatFollowsCannotBeRead", without(compacted(), kSnapshot2), kLog2);
  refused_read("TheNewestSnapshotCannotBeReadAndAnOlderOneCould", compacted(), kSnapshot2);
  refused_read("AVoidLogCannotBeRead", with(one_log(abc().bytes()), kLog2, CraftedLog(void_log(2, 3)).bytes()), kLog2);

  const auto refused_version = [&](std::string_view name, Image image, const std::string& file, std::uint64_t offset) {
    cases.push_back({name, Row::unknown_version, std::move(image), kUnsupported, file, offset, {}, false});
  };
  refused_version("TheSnapshotIsOfALaterVersion", with(compacted(), kSnapshot2, of_a_later_version(snapshot_of_abc())),
                  kSnapshot2, 8);
  refused_version("TheLogIsOfALaterVersion", with(compacted(), kLog2, of_a_later_version(de().bytes())), kLog2, 8);
  refused_version("AVoidLogIsOfALaterVersion",
                  with(one_log(abc().bytes()), kLog2, of_a_later_version(CraftedLog(void_log(2, 3)).bytes())), kLog2,
                  8);
  const CraftedLog kind_9 = abc().record(static_cast<RecordKind>(9), "what later versions do");
  refused_version("ARecordIsOfAnUnknownKind", one_log(kind_9.bytes()), kLog1, kind_9.offset_of(3));
  const CraftedLog short_put = abc().record(RecordKind::put, "\x05");
  refused_version("APutIsTooShortForItsKeyLength", one_log(short_put.bytes()), kLog1, short_put.offset_of(3));
  const CraftedLog long_close = abc().record(RecordKind::close, "why");
  refused_version("ACloseSaysMore", one_log(long_close.bytes()), kLog1, long_close.offset_of(3));
  std::string half_batch;
  Batch batch;
  batch.put("a", "9");
  batch.put("b", "9");
  encode_batch(half_batch, batch);
  half_batch.pop_back();
  const CraftedLog batch_log = abc().record(RecordKind::batch, half_batch);
  refused_version("ABatchEndsInsideAnOperation", one_log(batch_log.bytes()), kLog1, batch_log.offset_of(3));
}

void add_holes_and_ends(Cases& cases) {
  constexpr auto kCorrupted = Verdict::corrupted;
  const CraftedLog log = abc();
  const auto hole = [&](std::string_view name, std::string bytes, std::uint64_t offset, Contents contents) {
    cases.push_back(
        {name, Row::durable_record_missing, one_log(std::move(bytes)), kCorrupted, kLog1, offset, std::move(contents)});
  };
  hole("TheFirstOfThreeSyncedRecordsIsDamaged", log.with_damaged_record(0), log.offset_of(0), {});
  hole("TheSecondOfThreeSyncedRecordsIsDamaged", log.with_damaged_record(1), log.offset_of(1), {{"a", "1"}});
  std::string zeroed = log.bytes();
  zeroed.replace(log.offset_of(1), log.offset_of(2) - log.offset_of(1), zeros(log.offset_of(2) - log.offset_of(1)));
  hole("ASyncedRecordIsZeroed", zeroed, log.offset_of(1), {{"a", "1"}});
  const CraftedLog closed = abc().close();
  hole("TheLastRecordBeforeACloseIsDamaged", closed.with_damaged_record(2), closed.offset_of(2), kAB);
  const CraftedLog four = abc().put("d", "4");
  std::string payload_torn = four.with_damaged_record(1);
  payload_torn = CraftedLog::with_flip(payload_torn, four.offset_of(2) + kRecordHeaderBytes);
  payload_torn = CraftedLog::with_flip(payload_torn, four.offset_of(3) + kRecordHeaderBytes);
  hole("TheLaterRecordsThatProveAHoleAreTornBehindTheirHeaders", payload_torn, four.offset_of(1), {{"a", "1"}});

  const auto elsewhere = [&](std::string_view name, Image image, const std::string& file, std::uint64_t offset,
                             Contents contents) {
    cases.push_back({name, Row::log_ends_elsewhere, std::move(image), kCorrupted, file, offset, std::move(contents)});
  };
  const Image chain = without(compacted(), kSnapshot2);
  elsewhere("AFollowedLogIsCut", with(chain, kLog1, log.cut_before(2)), kLog1, log.offset_of(2), kAB);
  elsewhere("AFollowedLogIsEmpty", with(chain, kLog1, log.cut_before(0)), kLog1, log.offset_of(0), {});
  elsewhere("AFollowedLogIsDamagedInItsLastRecord", with(chain, kLog1, log.with_damaged_record(2)), kLog1,
            log.offset_of(2), kAB);
  elsewhere("AFollowedLogGoesOnPastTheStatedEnd", with(chain, kLog1, abc().put("x", "9").bytes()), kLog1,
            abc().put("x", "9").end(), {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"x", "9"}});
  elsewhere("ALogGoesOnBehindALaterRecordThanTheLastOneBefore",
            {{kSnapshot1, kEmptySnapshot1}, {kLog1, CraftedLog(void_log(1, 7)).put("h", "8").bytes()}}, kLog1, 0, {});
  FileHeader late = log_that_follows(2, abc());
  late.base_seq += 1;
  elsewhere("AFollowingLogGoesOnBehindALaterRecord", with(chain, kLog2, CraftedLog(late).put("d", "4").bytes()), kLog2,
            0, kABC);
}

void add_damaged_headers(Cases& cases) {
  constexpr auto kChecksumAt = kFileHeaderBytes - 4;
  const auto header = [&](std::string_view name, Image image, const std::string& file, std::uint64_t offset,
                          Contents contents) {
    cases.push_back(
        {name, Row::header_damaged, std::move(image), Verdict::corrupted, file, offset, std::move(contents)});
  };
  const Image chain = without(compacted(), kSnapshot2);
  header("AHeaderBeforeRecordsIsDamaged", with(chain, kLog2, de().with_damaged_header()), kLog2, kChecksumAt, kABC);
  header("AHeaderIsDamagedAndOneByteFollows", with(chain, kLog2, de().cut_before(0).replace(0, 1, "x") + "\x01"), kLog2,
         0, kABC);
  header("AHeaderIsDamagedWhereItsSnapshotStands",
         with(compacted(), kLog2, CraftedLog(log_that_follows(2, abc())).with_damaged_header()), kLog2, kChecksumAt,
         kABC);
  header("ALogWithASnapshotIsEmpty", with(compacted(), kLog2, ""), kLog2, 0, kABC);
  header("ALogWithASnapshotIsCutInsideItsHeader", with(compacted(), kLog2, de().bytes().substr(0, 1000)), kLog2, 1000,
         kABC);
  header("ALogIsOfAnotherStore", one_log(abc_of_another_store().bytes()), kLog1, 0, {});
  header("ALogHasTheNameOfAnother", {{kSnapshot1, kEmptySnapshot1}, {kLog1, abc().bytes()}, {kLog3, de().bytes()}},
         kLog3, 24, kABC);
  header("ASnapshotHasTheNameOfALog", with(one_log(abc().bytes()), kLog2, snapshot_of_abc()), kLog2, 0, kABC);
  header("RandomBytesHaveTheNameOfALog", with(one_log(abc().bytes()), kLog2, garbage(5000)), kLog2, 0, kABC);
}

void add_void_logs(Cases& cases) {
  const auto refused = [&](std::string_view name, Row row, Image image, const std::string& file, std::uint64_t offset) {
    cases.push_back({name, row, std::move(image), Verdict::corrupted, file, offset, {}, false});
  };
  const Image before = one_log(abc().bytes());
  const CraftedLog in_use = CraftedLog(void_log(2, 3)).put("d", "4").put("e", "5");
  refused("AVoidLogHoldsRecords", Row::void_log_holds_records, with(before, kLog2, in_use.bytes()), kLog2,
          in_use.offset_of(0));
  refused("AVoidLogHoldsAValidRecordBehindADamagedOne", Row::void_log_holds_records,
          with(before, kLog2, CraftedLog::with_flip(in_use.bytes(), in_use.offset_of(0))), kLog2, in_use.offset_of(1));
  refused("AVoidLogHoldsAClose", Row::void_log_holds_records,
          with(before, kLog2, CraftedLog(void_log(2, 3)).close().bytes()), kLog2, kFileHeaderBytes);
  refused("TheOnlySnapshotOfALogInUseIsGone", Row::void_log_holds_records, {{kLog1, abc().bytes()}}, kLog1,
          kFileHeaderBytes);

  const Image with_void = with(before, kLog2, CraftedLog(void_log(2, 3)).bytes());
  refused("TheSnapshotOfAVoidLogIsDamaged", Row::void_log_snapshot_damaged,
          with(with_void, kSnapshot2, with_damaged_block(snapshot_of_abc())), kLog2, 0);
  refused("TheSnapshotOfAVoidLogIsEmpty", Row::void_log_snapshot_damaged, with(with_void, kSnapshot2, ""), kLog2, 0);
  refused("TheSnapshotOfAVoidLogInUseIsDamaged", Row::void_log_snapshot_damaged,
          with(with(before, kLog2, in_use.bytes()), kSnapshot2, with_damaged_block(snapshot_of_abc())), kLog2, 0);
}

// Three live logs, as two compactions whose rename failed leave them.
Image three_logs() {
  const CraftedLog third = CraftedLog(log_that_follows(3, de())).put("f", "6");
  return {{kSnapshot1, kEmptySnapshot1}, {kLog1, abc().bytes()}, {kLog2, de().bytes()}, {kLog3, third.bytes()}};
}

void add_missing_links(Cases& cases) {
  const auto missing = [&](std::string_view name, Image image, const std::string& file, Contents contents,
                           bool servable) {
    cases.push_back(
        {name, Row::log_missing, std::move(image), Verdict::corrupted, file, 0, std::move(contents), servable});
  };
  missing("TheLogOfTheSnapshotIsGone", without(compacted(), kLog2), kSnapshot2, kABC, true);
  missing("TheOnlyLogIsGone", {{kSnapshot1, kEmptySnapshot1}}, kSnapshot1, {}, true);
  missing("TheMiddleOneOfThreeLogsIsGone", without(three_logs(), kLog2), kLog3, {}, false);
  missing("TheFirstOneOfThreeLogsIsGone", without(three_logs(), kLog1), kSnapshot1, {}, false);
  // A kill between two unlinks leaves an older snapshot without its log. It does not stand in for a newer one.
  missing("TheNewestSnapshotIsGoneAndAnOlderOneStands", without(without(compacted(), kSnapshot2), kLog1), kSnapshot1,
          {}, false);
  missing("TheNewestSnapshotIsGoneAndItsVoidLogStands",
          {{kSnapshot1, kEmptySnapshot1}, {kLog2, CraftedLog(void_log(2, 3)).bytes()}}, kSnapshot1, {}, false);
  FileHeader other = log_that_follows(3, abc());
  missing("TwoLogsFollowTheSameOne",
          {{kSnapshot1, kEmptySnapshot1},
           {kLog1, abc().bytes()},
           {kLog2, de().bytes()},
           {kLog3, CraftedLog(other).put("f", "6").bytes()}},
          kLog3, {}, false);
}

void add_damaged_snapshots(Cases& cases) {
  const auto refused = [&](std::string_view name, Image image, const std::string& file, std::uint64_t offset) {
    cases.push_back(
        {name, Row::newest_snapshot_damaged, std::move(image), Verdict::corrupted, file, offset, {}, false});
  };
  const std::string damaged_2 = with_damaged_block(snapshot_of_abc());
  refused("TheOnlySnapshotIsDamaged", {{kSnapshot2, damaged_2}, {kLog2, de().bytes()}}, kSnapshot2, kFileHeaderBytes);
  refused("TheOnlySnapshotIsEmpty", {{kSnapshot2, ""}, {kLog2, de().bytes()}}, kSnapshot2, 0);
  refused("TheOnlySnapshotIsOfRandomBytes", {{kSnapshot2, garbage(5000)}, {kLog2, de().bytes()}}, kSnapshot2, 0);
  refused("TheOnlySnapshotHasTheNameOfAnother", {{kSnapshot3, snapshot_of_abc()}}, kSnapshot3, 24);
  refused("TheOnlySnapshotLacksItsLastByte",
          {{kSnapshot2, snapshot_of_abc().substr(0, snapshot_of_abc().size() - 1)}, {kLog2, de().bytes()}}, kSnapshot2,
          snapshot_of_abc().size() - 33);
  Image chain_cut = with(compacted(), kSnapshot2, damaged_2);
  chain_cut[kLog1] = abc().cut_before(1);
  cases.push_back({"TheNewestSnapshotIsDamagedAndTheChainBehindTheOlderOneIsCut",
                   Row::log_ends_elsewhere,
                   chain_cut,
                   Verdict::corrupted,
                   kLog1,
                   abc().offset_of(1),
                   {},
                   false});
  cases.push_back({"TheNewestSnapshotIsDamagedAndTheOlderOnesLogIsGone",
                   Row::log_missing,
                   without(with(compacted(), kSnapshot2, damaged_2), kLog1),
                   Verdict::corrupted,
                   kSnapshot1,
                   0,
                   {},
                   false});
  refused("TheNewestSnapshotIsDamagedAndHasNoLog", without(with(compacted(), kSnapshot2, damaged_2), kLog2), kSnapshot2,
          kFileHeaderBytes);
  cases.push_back({"LogsWithoutASnapshotGoOnBehindARecord",
                   Row::no_state,
                   {{kLog2, CraftedLog(void_log(2, 3)).bytes()}},
                   Verdict::corrupted,
                   kLog2,
                   0,
                   {},
                   false});
}

void add_what_crashes_leave(Cases& cases) {
  cases.push_back({"NothingButALock", Row::nothing_stored, {{"LOCK", ""}}, Verdict::new_store});
  cases.push_back({"ACrashBeforeTheFirstLogHadItsHeader", Row::nothing_stored, {{kLog1, ""}}, Verdict::new_store});
  cases.push_back({"ACrashBeforeTheFirstSnapshotStood",
                   Row::nothing_stored,
                   {{kLog1, CraftedLog(void_log(1)).bytes()}, {temporary_name(1), kEmptySnapshot1}},
                   Verdict::new_store});

  const CraftedLog log = abc();
  const auto torn = [&](std::string_view name, std::string bytes, std::uint64_t offset, Contents contents) {
    cases.push_back(
        {name, Row::tail_torn, one_log(std::move(bytes)), Verdict::torn_tail, kLog1, offset, std::move(contents)});
  };
  torn("TheLastRecordIsDamaged", log.with_damaged_record(2), log.offset_of(2), kAB);
  torn("TheLastRecordLacksItsLastByte", log.bytes().substr(0, log.end() - 1), log.offset_of(2), kAB);
  torn("TheLastRecordIsHalfAHeader", log.bytes().substr(0, log.offset_of(2) + 16), log.offset_of(2), kAB);
  torn("GarbageFollowsTheLastRecord", log.bytes() + garbage(100), log.end(), kABC);
  torn("AnUnsyncedRecordIsMissingBeforeAValidOne",
       CraftedLog(void_log(1), CraftedLog::Synced::none)
           .put("a", "1")
           .put("b", "2")
           .put("c", "3")
           .with_damaged_record(1),
       log.offset_of(1), {{"a", "1"}});

  std::string put_d;
  encode_put(put_d, "d", "4");
  const CraftedLog jump = abc().record(RecordKind::put, 5, 4, put_d);
  torn("ARecordStandsInThePlaceOfTheOneBeforeIt", jump.bytes(), jump.offset_of(3), kABC);

  const auto clean = [&](std::string_view name, std::string bytes, std::uint64_t offset, Contents contents) {
    cases.push_back(
        {name, Row::ends_cleanly, one_log(std::move(bytes)), Verdict::clean, kLog1, offset, std::move(contents)});
  };
  clean("TheLogHoldsNoRecord", log.cut_before(0), log.offset_of(0), {});
  clean("TheLogEndsWithItsFile", log.bytes(), log.end(), kABC);
  clean("TheLogEndsInZeros", log.bytes() + zeros(10'000), log.end(), kABC);
  clean("TheLogEndsWithAClose", abc().close().bytes(), abc().close().end(), kABC);
}

void add_what_is_ignored(Cases& cases) {
  const Image before = one_log(abc().bytes());
  const auto noted = [&](std::string_view name, Row row, Image image, const std::string& file, std::uint64_t offset,
                         Contents contents) {
    cases.push_back({name, row, std::move(image), Verdict::clean, file, offset, std::move(contents)});
  };
  const auto unfinished = [&](std::string_view name, std::string bytes, std::uint64_t offset) {
    noted(name, Row::log_unfinished, with(before, kLog2, std::move(bytes)), kLog2, offset, kABC);
  };
  const std::string header = encode(log_that_follows(2, abc()));
  unfinished("ANewLogIsEmpty", "", 0);
  unfinished("ANewLogHasHalfItsHeader", header.substr(0, 2048), 2048);
  unfinished("ANewLogsHeaderIsTornAndItsSizeLanded", header.substr(0, 512) + zeros(kFileHeaderBytes - 512),
             kFileHeaderBytes - 4);
  unfinished("ANewLogIsAllZeros", zeros(10'000), 0);

  const std::string empty_void = CraftedLog(void_log(2, 3)).bytes();
  noted("AnOpenWasCutShort", Row::void_log_empty, with(before, kLog2, empty_void), kLog2, 0, kABC);
  noted("AVoidLogHoldsGarbageThatIsNoRecord", Row::void_log_empty, with(before, kLog2, empty_void + garbage(500)),
        kLog2, 0, kABC);

  const std::string damaged_2 = with_damaged_block(snapshot_of_abc());
  noted("TheNewestSnapshotIsDamagedAndTheChainIsComplete", Row::snapshot_replaced,
        with(compacted(), kSnapshot2, damaged_2), kSnapshot2, kFileHeaderBytes, kABCDE);
  noted("TheNewestSnapshotIsEmptyAndTheChainIsComplete", Row::snapshot_replaced, with(compacted(), kSnapshot2, ""),
        kSnapshot2, 0, kABCDE);
  // What stands in its first block is right by its checksum, and is not served: half a snapshot is none.
  const std::string block(kSnapshotBlockBytes, 'x');
  std::string half = crafted_snapshot(2, 3, {{"never", block}, {"served", block}});
  half[half.size() - kSnapshotFooterBytes - 1] ^= 1;
  noted("TheNewestSnapshotIsDamagedInItsLastBlock", Row::snapshot_replaced, with(compacted(), kSnapshot2, half),
        kSnapshot2, kFileHeaderBytes + kBlockHeaderBytes + 8 + 5 + kSnapshotBlockBytes, kABCDE);
  Image two_damaged = with(three_logs(), kSnapshot2, damaged_2);
  two_damaged[kSnapshot3] = garbage(100);
  noted("TwoNewerSnapshotsAreDamagedAndTheChainIsComplete", Row::snapshot_replaced, two_damaged, kSnapshot2,
        kFileHeaderBytes, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", "6"}});
}

}  // namespace

std::vector<RecoveryCase> recovery_cases() {
  Cases cases;
  add_reads_and_versions(cases);
  add_holes_and_ends(cases);
  add_damaged_headers(cases);
  add_void_logs(cases);
  add_missing_links(cases);
  add_damaged_snapshots(cases);
  add_what_crashes_leave(cases);
  add_what_is_ignored(cases);
  return cases;
}

}  // namespace kv
