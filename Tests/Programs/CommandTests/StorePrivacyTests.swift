import Testing

/// What containers write lies in the store of whoever runs them. A program that one of them leaves there, set-user-ID, is root's, or
/// that user's, for anybody who reaches it (CVE-2021-41091).
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)")) struct StorePrivacyTests {
    /// A container that keeps, wherever it may write, a program of the host's that says whose rights it has.
    private static let attack = """
        "$isolab" run --name trap -v /usr/bin/id:/id:ro busybox sh -c '
        for file in /etc/hosts /etc/hostname /own; do cat /id > $file; chmod 4755 $file; done'

        """

    /// Whose rights another user gets by the files of a store, of all that are there; nothing where he reaches none.
    private static func stolen(from data: String) -> String {
        """
        find \(data) -type f -perm -4000 > found; wc -l < found
        setpriv --reuid 54322 --regid 54322 --clear-groups sh -c 'while read -r file; do "$file" -u; done' < found 2> /dev/null

        """
    }

    /// Root's containers; and a store of an earlier version, whose directories anybody could enter, is closed by the next command.
    /// Naive: it stays open.
    @Test func filesOfRootsContainers() throws {
        let place = try Place()
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA=$place/data; "$isolab" image bootstrap busybox > log && \(Self.attack)
            \(Self.stolen(from: "$place/data"))
            echo naive; chmod 711 data data/containers data/images data/images/containers; chmod 711 data/*/*/ data/images/containers/*/
            \(Self.stolen(from: "$place/data"))
            echo later; "$isolab" ps > log; \(Self.stolen(from: "$place/data"))
            """, in: place)
        #expect(result.output == "3\nnaive\n3\n0\n0\n0\nlater\n3\n", "\(result.output)\(result.complaints)")
    }

    /// Whichever part of the store a command uses, it closes all of it; one for each place where the store is opened. Naive: what it does
    /// not use stays open.
    @Test(arguments: ["images", "ps", "tag busybox other", "run --rm busybox true", "system df", "image check"])
    func closedByEveryCommand(command: String) throws {
        let place = try Place()
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA=$place/data; "$isolab" image bootstrap busybox > log && "$isolab" run --rm busybox true
            mkdir -p data/volumes; chmod 755 data/containers data/images data/volumes
            "$isolab" \(command) > log 2>&1; stat -c %a data/containers data/images data/volumes
            """, in: place)
        #expect(result.output == "700\n700\n700\n", "\(result.output)\(result.complaints)")
    }

    /// A data directory that somebody made keeps its mode; one that isolab makes nobody else may list, whichever command makes it.
    @Test func dataDirectory() throws {
        let result = try IsolabProgram.shell(
            """
            for mode in 700 750; do
            mkdir -m $mode data$mode; ISOLAB_DATA=$place/data$mode "$isolab" image bootstrap busybox > log; stat -c %a data$mode; done
            ISOLAB_DATA=$place/new "$isolab" image bootstrap busybox > log; ISOLAB_DATA=$place/other "$isolab" ps > log; stat -c %a new other
            """, in: try Place())
        #expect(result.output == "700\n750\n711\n711\n", "\(result.output)\(result.complaints)")
    }

    /// Root keeps nothing where others could put theirs in its place: below a directory that is another user's, or everybody's to write
    /// to; nor in one that such a link leads to. Naive: it is taken for root's.
    @Test(arguments: [
        "mkdir -m 777 open", "mkdir -m 775 open; chgrp 12 open", "mkdir open; chown 54321 open",
        "mkdir open own; ln -s ../own open/link; chown -h 54321 open/link",
        "mkdir open own; ln -s ../own open/link; chmod 777 open",
    ])
    func placesOfOthers(making: String) throws {
        let result = try IsolabProgram.shell(
            """
            \(making); below=$place/open; test ! -L open/link || below=$place/open/link
            export ISOLAB_DATA=$below/data
            "$isolab" images; echo $?; "$isolab" ps; echo $?; "$isolab" run --rm busybox true; echo $?
            "$isolab" pull localhost:1/x; echo $?
            "${isolab%/*}/isolab-runtime" --root $below/state list; echo $?
            "${isolab%/*}/isolab-registry" serve --listen 127.0.0.1:0 --root $below/registry; echo $?
            "$isolab" doctor --clean --state-directory $below/state; echo $?
            "$isolab" launch native --cache-directory $below/cache --state-directory $place/state; echo $?
            ls $below
            """, in: try Place())
        let statuses = result.output.split(separator: "\n")
        #expect(statuses.count == 8 && !statuses.contains("0"), "\(result.output)\(result.complaints)")
        let refusals = result.complaints.split(separator: "\n").filter {
            $0.contains("may write to") || $0.contains("belongs to user 54321")
        }
        #expect(refusals.count == 8, "\(result.complaints)")
    }

    /// What is root's, or in a sticky directory as /tmp is, serves as ever.
    @Test func placesOfRoot() throws {
        let result = try IsolabProgram.shell(
            """
            mkdir -m 1777 sticky; mkdir own; ln -s own link
            for below in sticky own link; do
            ISOLAB_DATA=$place/$below/data "$isolab" ps -q; echo $?
            "${isolab%/*}/isolab-runtime" --root $place/$below/state list -q; echo $?; done
            """, in: try Place())
        #expect(result.output == String(repeating: "0\n", count: 6), "\(result.output)\(result.complaints)")
    }

    /// An ordinary user's, whose programs would be his.
    @Test(.enabled(if: OrdinaryUser.canBecome, "\(OrdinaryUser.reason)")) func filesOfAUsersContainers() throws {
        let place = try Place()
        let made = try OrdinaryUser.shell(
            "chmod 755 .; $isolab image bootstrap busybox > log; \(Self.attack)", in: place)
        #expect(made.status == 0, "\(made.complaints)")
        let data = "home/.local/share/isolab"
        let result = try IsolabProgram.shell(
            """
            \(Self.stolen(from: data))
            echo naive; chmod 711 \(data) \(data)/containers \(data)/containers/*/; chmod 755 home/.local home/.local/share
            \(Self.stolen(from: data))
            """, in: place)
        let stolen = String(repeating: "\(OrdinaryUser.number)\n", count: 2)
        #expect(result.output == "3\nnaive\n3\n" + stolen, "\(result.output)\(made.complaints)")
    }

    /// And on these files nothing is set-user-ID, nor a device, from inside either.
    @Test func mountsOfTheHostsFiles() throws {
        let result = try EnginePlace.run(
            "--net host",
            "sh -c 'grep -E \" /etc/(hosts|hostname|resolv.conf) \" /proc/self/mountinfo | cut -d\" \" -f5,6'")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 3, "\(result.output)\(result.complaints)")
        for line in lines { #expect(line.contains("nosuid") && line.contains("nodev"), "\(line)") }
    }
}
