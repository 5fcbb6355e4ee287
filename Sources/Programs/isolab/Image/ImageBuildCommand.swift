import ArgumentParser

/// `isolab image build`: an image from a Containerfile.
struct ImageBuildCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build an image from a Containerfile.",
        discussion: """
            Each RUN is a container of isolab's own runtime core with Docker's defaults, and without a network unless --network \
            gives it one: the host's, or one that containers are in. A step is taken from the cache if its parent layers, instruction and files are unchanged. With \
            SOURCE_DATE_EPOCH in the environment, or --timestamp, the same build has the same digests. Base images that are not here \
            are pulled. What a RUN writes below a VOLUME stays in the image.
            """)

    @OptionGroup var options: BuildOptionGroup

    func run() throws { try options.build() }
}

/// `isolab build`, as docker and podman have it too.
struct BuildCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: ImageBuildCommand.configuration.abstract,
        discussion: ImageBuildCommand.configuration.discussion)

    @OptionGroup var options: BuildOptionGroup

    func run() throws { try options.build() }
}
