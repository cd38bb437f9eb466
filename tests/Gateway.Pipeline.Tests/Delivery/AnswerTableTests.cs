using Gateway.Pipeline.Delivery;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class AnswerTableTests
{
    [Fact]
    public void Every_status_has_its_row()
    {
        for (var status = 100; status < 1000; status++)
        {
            var expected = status switch
            {
                200 or 201 or 202 or 204 or 299 => AnswerAction.Done,
                > 200 and < 300 => AnswerAction.Done,
                301 or 302 or 304 or 307 or 308 => AnswerAction.RetryShort,
                >= 300 and < 400 => AnswerAction.RetryShort,
                401 or 403 or 404 => AnswerAction.RetryShort,
                408 or 425 or 429 => AnswerAction.Retry,
                410 => AnswerAction.Park,
                400 or 402 or 405 or 413 or 415 or 422 or 451 or 499 => AnswerAction.Dead,
                > 400 and < 500 => AnswerAction.Dead,
                _ => AnswerAction.Retry,
            };
            Assert.Equal((status, expected), (status, AnswerTable.Judge(status)));
        }
    }

    [Theory]
    [InlineData(DeliveryFailure.Resolve, AnswerAction.Retry)]
    [InlineData(DeliveryFailure.Connect, AnswerAction.Retry)]
    [InlineData(DeliveryFailure.Tls, AnswerAction.Retry)]
    [InlineData(DeliveryFailure.Send, AnswerAction.Retry)]
    [InlineData(DeliveryFailure.Timeout, AnswerAction.Retry)]
    [InlineData(DeliveryFailure.Response, AnswerAction.Retry)]
    [InlineData(DeliveryFailure.Secret, AnswerAction.Retry)]
    [InlineData(DeliveryFailure.Content, AnswerAction.RetryShort)]
    [InlineData(DeliveryFailure.AddressRefused, AnswerAction.RetryShort)]
    public void Every_failure_has_its_row(DeliveryFailure failure, AnswerAction expected) => Assert.Equal(expected, AnswerTable.Judge(failure));

    [Fact]
    public void Every_failure_has_a_word_of_its_own()
    {
        var failures = Enum.GetValues<DeliveryFailure>();
        Assert.Equal(failures.Length, failures.Select(failure => failure.Word()).Distinct().Count());
        Assert.Equal(failures.Length, failures.Select(failure => failure.Sentence()).Distinct().Count());
    }
}
