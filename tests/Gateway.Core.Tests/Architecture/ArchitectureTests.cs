using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Gateway.Core.Tests.Architecture;

/// <summary>The rooms of this checkout keep to the rules.</summary>
public sealed class ArchitectureTests
{
    [Fact]
    public void Rooms_keep_to_the_arrows_the_libraries_and_the_form()
    {
        var (files, projects) = (Sources().ToArray(), Projects().ToArray());
        Assert.True(files.Length > 40 && projects.Length >= 3, "the sources were not found");
        var violations = Checker.Check(files, projects).ToArray();
        Assert.True(violations.Length == 0, string.Join('\n', violations));
    }

    [Fact]
    public void Every_room_of_the_table_that_has_a_folder_has_a_project() =>
        Assert.Empty(Folders().Select(folder => Path.GetFileName(folder)!).Except(Projects().Select(project => project.Name)));

    // The sources can be read past; what the compiler made of them cannot.
    [Fact]
    public void Core_as_built_refers_to_no_input_and_output()
    {
        using var file = new PEReader(File.OpenRead(typeof(Reply).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var assemblies = metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToArray();
        Assert.All(assemblies, name => Assert.StartsWith("System.", name, StringComparison.Ordinal));
        Assert.DoesNotContain(assemblies, name => name is "System.Net.Sockets" or "System.Net.Security" or "System.Net.Http" or "System.Console" or "System.Diagnostics.Process");

        var types = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")
            .ToArray();
        Assert.Contains("System.Guid", types);
        Assert.Empty(types.Intersect(["System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.Directory", "System.IO.RandomAccess", "System.Console"]));

        // Environment itself is in every iterator, for its thread's id.
        var members = metadata.MemberReferences.Select(handle => metadata.GetString(metadata.GetMemberReference(handle).Name));
        Assert.DoesNotContain("GetEnvironmentVariable", members);
    }

    private static IEnumerable<string> Folders() =>
        from top in new[] { "src", "functions" }
        let path = Path.Combine(Repository.Root, top)
        where Directory.Exists(path)
        from folder in Directory.GetDirectories(path, "Gateway.*")
        select folder;

    private static IEnumerable<Project> Projects() =>
        from folder in Folders()
        from file in Directory.GetFiles(folder, "*.csproj")
        select Project.Parse(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file));

    private static IEnumerable<SourceFile> Sources() =>
        from folder in Folders()
        from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')
        where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
        select new SourceFile(path, File.ReadAllText(file));
}
