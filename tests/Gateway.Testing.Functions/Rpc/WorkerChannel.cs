using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Functions.Rpc;

/// <summary>One worker's stream: requests go out in order, and each waits for the answer that bears its key.</summary>
internal sealed class WorkerChannel(HostLog log)
{
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateUnbounded<StreamingMessage>(new() { SingleReader = true });
    private readonly Dictionary<string, TaskCompletionSource<StreamingMessage>> _waiting = [];
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();

    /// <summary>Done when the worker has called.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Done when the stream is at its end, and nothing more can be asked.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Both directions, until the stream ends.</summary>
    public async Task RunAsync(IAsyncStreamReader<StreamingMessage> incoming, IServerStreamWriter<StreamingMessage> outgoing, CancellationToken cancel)
    {
        _opened.TrySetResult();
        var writing = WriteAsync(outgoing, cancel);
        try
        {
            await foreach (var message in incoming.ReadAllAsync(cancel))
            {
                Take(message);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException or RpcException)
        {
            // A worker that was killed leaves its stream like this.
            log.Host(LogLevel.Debug, "The worker's stream broke", error);
        }
        finally
        {
            Close("The worker's stream has ended");
        }

        await writing;
    }

    public async Task<InitResponse> InitialiseAsync(InitRequest request, CancellationToken cancel) =>
        (await AskAsync("init", new() { InitRequest = request }, cancel)).InitResponse;

    public async Task<MetadataResponse> DescribeAsync(MetadataRequest request, CancellationToken cancel) =>
        (await AskAsync("metadata", new() { MetadataRequest = request }, cancel)).MetadataResponse;

    public async Task<LoadResponse> LoadAsync(LoadRequest request, CancellationToken cancel) =>
        (await AskAsync("load " + request.FunctionId, new() { LoadRequest = request }, cancel)).LoadResponse;

    /// <exception cref="WorkerGoneException"/>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancel) =>
        (await AskAsync(InvocationKey(request.InvocationId), new() { InvocationRequest = request }, cancel)).InvocationResponse;

    /// <summary>Asks the running invocations to end; their answers are waited for as ever.</summary>
    public void CancelInvocations()
    {
        lock (_lock)
        {
            foreach (var key in _waiting.Keys.Where(key => key.StartsWith(InvocationKey(""), StringComparison.Ordinal)))
            {
                _outgoing.Writer.TryWrite(new() { InvocationCancel = new() { InvocationId = key[InvocationKey("").Length..] } });
            }
        }
    }

    /// <summary>Asks the worker to end in order.</summary>
    public void Terminate() => _outgoing.Writer.TryWrite(new() { Terminate = new() });

    /// <summary>Fails all that waits. May be called again.</summary>
    public void Close(string reason)
    {
        List<TaskCompletionSource<StreamingMessage>> waiting;
        lock (_lock)
        {
            _closed.TrySetResult();
            _outgoing.Writer.TryComplete();
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }

        waiting.ForEach(answer => answer.TrySetException(new WorkerGoneException(reason, wasSent: true)));
    }

    private static string InvocationKey(string id) => "invocation " + id;

    private async Task<StreamingMessage> AskAsync(string key, StreamingMessage message, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        message.RequestId = Guid.NewGuid().ToString();
        lock (_lock)
        {
            if (_closed.Task.IsCompleted)
            {
                throw new WorkerGoneException("The worker's stream has ended", wasSent: false);
            }

            _waiting.Add(key, answer);
            _outgoing.Writer.TryWrite(message);
        }

        return await answer.Task.WaitAsync(cancel);
    }

    private void Take(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.Log:
                log.Add(new((LogLevel)message.Log.Level, message.Log.Category, message.Log.Text, message.Log.Fault?.Describe()));
                break;
            case StreamingMessage.ContentOneofCase.InitResponse:
                Answer("init", message);
                break;
            case StreamingMessage.ContentOneofCase.MetadataResponse:
                Answer("metadata", message);
                break;
            case StreamingMessage.ContentOneofCase.LoadResponse:
                Answer("load " + message.LoadResponse.FunctionId, message);
                break;
            case StreamingMessage.ContentOneofCase.InvocationResponse:
                Answer(InvocationKey(message.InvocationResponse.InvocationId), message);
                break;
        }
    }

    private void Answer(string key, StreamingMessage message)
    {
        TaskCompletionSource<StreamingMessage>? answer;
        lock (_lock)
        {
            _waiting.Remove(key, out answer);
        }

        answer?.TrySetResult(message);
    }

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> outgoing, CancellationToken cancel)
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(cancel))
            {
                await outgoing.WriteAsync(message, cancel);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException or RpcException)
        {
            Close("The worker's stream broke");
        }
    }
}
