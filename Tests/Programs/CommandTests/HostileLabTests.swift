import Glibc
import Linux
import TestSupport
import Testing

/// What others may put before a laboratory that root runs: experiment files, directories, links, names.
@Suite(.enabled(if: IsolabProgram.isRoot, "what is planted for root needs root"))
struct HostileLabTests {
    private static let bench =
        "timeout 60 \"$isolab\" bench --lanes native --workloads startup --blocks 1 --exploratory --no-idle-gate"

    /// Experiment files that have no end, that hold more than memory does, or that a reader falls into: one line, status 2, nothing made.
    @Test(
        arguments: [
            ("mkfifo file", "regular file"), ("ln -s /dev/zero file", "regular file"), ("mkdir file", "directory"),
            ("truncate -s 3G file", "more than"),
            ("head -c 200000 /dev/zero | tr '\\0' '[' > file", "file"),
            ("{ printf 'name: '; head -c 100000 /dev/zero | tr '\\0' '{'; } > file", "file"),
            (
                "{ for i in $(seq 3000); do printf '%*s- \\n' $i ''; done; } > file", "file"
            ),
            (
                """
                { echo 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]'; for i in $(seq 12); do p=$((i - 1))
                echo "a$i: &a$i [*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p]"; done; echo '? *a12'; echo ': x'; } > file
                """, "file"
            ),
            (
                "printf 'experiments:\\n  - {kind: startup, lanes: [native], blocks: 9223372036854775807}\\n' > file",
                "blocks"
            ),
            ("printf 'experiments:\\n  - {kind: startup, lanes: [native], blocks: 1e400}\\n' > file", "blocks"),
            ("printf 'seed: -9223372036854775809\\nexperiments: []\\n' > file", "seed"),
            (
                "printf 'name: ../../escape\\nexperiments:\\n  - {kind: startup, lanes: [native], blocks: 1}\\n' > file",
                "name"
            ),
        ] as [(String, String)])
    func experiments(making: String, words: String) throws {
        let result = try IsolabProgram.shell(
            """
            mkdir work && cd work && \(making)
            ulimit -v 8000000; timeout 60 "$isolab" bench file --no-idle-gate --state-directory "$place/state"
            status=$?; ls; exit $status
            """, in: try Place())
        #expect(result.status == 2 || result.status == 1, "\(result.status): \(result.complaints.prefix(500))")
        #expect(result.complaints.contains(words), "\(result.complaints.prefix(500))")
        #expect(result.complaints.utf8.count < 2000)
        #expect(result.output == "file\n", "\(result.output)")
    }

    /// A directory in which somebody has planted links under the names of a run's files is refused, and nothing is followed.
    @Test(arguments: ["manifest.json", "samples.csv", "events.jsonl", "summary.csv", "report.html", "report.md"])
    func plantedRun(file: String) throws {
        let result = try IsolabProgram.shell(
            """
            echo precious > victim; mkdir run; chown 65534 run; ln -s "$place/victim" run/\(file)
            \(Self.bench) --state-directory "$place/state" --output run; echo "status $?"; cat victim
            test -L run/\(file) && echo link
            """, in: try Place())
        #expect(result.output.hasSuffix("precious\nlink\n"), "\(result.output)\(result.complaints)")
        #expect(!result.output.contains("status 0"), "\(result.output)")
    }

    /// A state directory that is a link, another user's, or everybody's to write to is not used: what is named there is ended and removed.
    @Test(arguments: ["ln -s \"$place/own\" state", "mkdir state; chown 65534 state", "mkdir state; chmod 777 state"])
    func plantedState(making: String) throws {
        let result = try IsolabProgram.shell(
            """
            mkdir own; \(making); \(Self.bench) --state-directory "$place/state" --output run; echo "status $?"
            "$isolab" doctor --clean --state-directory "$place/state"; echo "status $?"
            ls run own
            """, in: try Place())
        #expect(!result.output.contains("status 0"), "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("state directory"), "\(result.complaints)")
    }

    /// Cgroups of guests go with what is in them where their isolab is gone, in whatever state directory they were written down; those of
    /// one that lives, or of another pid namespace, stay. Naive: nobody knows of them who does not know the directory.
    @Test(.enabled(if: IsolabProgram.isRoot, "needs root")) func cgroupsOfOtherPlaces() throws {
        let result = try IsolabProgram.shell(
            """
            ns=$(readlink /proc/self/ns/pid | tr -dc 0-9); start=$(cut -d' ' -f22 /proc/$$/stat); random=test$$
            dead=guests-c$$.1-$ns-$$-1-$random lives=guests-c$$.2-$ns-$$-$start-$random other=guests-c$$.3-1-$$-1-$random
            all() { for h in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do echo $h/isolab/$1; done; }
            mkdir -p $(all $dead) $(all $lives) $(all $other)
            for name in $dead $lives $other; do
                sleep 1000 & echo $! > $name
                for cgroup in $(all $name); do echo $! > $cgroup/cgroup.procs; done 2> /dev/null
            done
            "$isolab" doctor --clean --state-directory "$place/state" > said; echo "status $?"; grep -c $dead said
            for name in $dead $lives $other; do
                ls -d $(all $name) 2> /dev/null | wc -l; kill -0 $(cat $name) 2> /dev/null && echo runs
            done
            kill $(cat $lives $other); wait; rmdir $(all $lives) $(all $other)
            """, in: try Place())
        let lines = result.output.split(separator: "\n").map(String.init)
        let count = try CgroupLayout.detect().hierarchies.count
        #expect(
            lines == ["status 0", "1", "0", "\(count)", "runs", "\(count)", "runs"],
            "\(result.output)\(result.complaints)")
    }

    /// Names of dead owners lead to nothing else: a link in their place goes, what it leads to stays; and who says that he is another's
    /// process is not believed where that one lives.
    @Test func plantedLeftovers() throws {
        let result = try IsolabProgram.shell(
            """
            mkdir -p -m 711 state/lab state/vm state/owners victim; echo precious > victim/file
            ln -s "$place/victim" state/lab/4000001-12; ln -s "$place/victim" state/vm/c4000001.1
            ln -s "$place/victim" state/owners/4000001-12; mkdir state/lab/..data state/lab/4000002-7; ln -s "$place/victim" state/lab/4000002-7/x
            start=$(cut -d' ' -f22 /proc/$$/stat); mkdir state/lab/$$-$start
            ISOLAB_OWNER=$$-$start sleep 100 & bystander=$!
            "$isolab" doctor --clean --state-directory "$place/state" > said; echo "status $?"
            kill -0 $bystander && echo lives; kill $bystander
            cat victim/file; ls state/lab | grep -c 400000
            """, in: try Place())
        #expect(result.output == "status 0\nlives\nprecious\n0\n", "\(result.output)\(result.complaints)")
    }
}
