package io.homecell.core.rpc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.homecell.core.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.common.extension.Activate;
import org.apache.dubbo.remoting.http12.exception.DecodeException;
import org.apache.dubbo.remoting.http12.exception.EncodeException;
import org.apache.dubbo.remoting.http12.message.HttpMessageCodec;
import org.apache.dubbo.remoting.http12.message.HttpMessageDecoderFactory;
import org.apache.dubbo.remoting.http12.message.HttpMessageEncoderFactory;
import org.apache.dubbo.remoting.http12.message.MediaType;
import org.apache.dubbo.rpc.model.FrameworkModel;

/**
 * The JSON of HTTP bodies, in place of Dubbo's: {@link Json}, but a number is not taken for a text
 * (money and ids are texts: a number may have lost digits on its way) and nothing may follow the
 * value.
 */
@Activate(order = -1_000)
public final class JsonBodies implements HttpMessageEncoderFactory, HttpMessageDecoderFactory {
  private static final Codec CODEC = new Codec(strict());

  private static ObjectMapper strict() {
    ObjectMapper mapper = Json.mapper().copy();
    mapper.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    for (CoercionInputShape shape :
        List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)) {
      mapper.coercionConfigFor(LogicalType.Textual).setCoercion(shape, CoercionAction.Fail);
    }
    return mapper;
  }

  @Override
  public HttpMessageCodec createCodec(URL url, FrameworkModel frameworkModel, String mediaType) {
    return CODEC;
  }

  @Override
  public MediaType mediaType() {
    return MediaType.APPLICATION_JSON;
  }

  @Override
  public boolean supports(String mediaType) {
    return mediaType.startsWith(MediaType.APPLICATION_JSON.getName());
  }

  private record Codec(ObjectMapper mapper) implements HttpMessageCodec {
    @Override
    public MediaType mediaType() {
      return MediaType.APPLICATION_JSON;
    }

    @Override
    public void encode(OutputStream out, Object data, Charset charset) throws EncodeException {
      try {
        out.write(mapper.writeValueAsString(data).getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new EncodeException("can't be written as JSON: " + data.getClass(), e);
      }
    }

    @Override
    public Object decode(InputStream in, Class<?> type, Charset charset) throws DecodeException {
      return decode(in, (Type) type, charset);
    }

    @Override
    public Object decode(InputStream in, Type type, Charset charset) throws DecodeException {
      try {
        return mapper.readValue(in, mapper.constructType(type));
      } catch (JsonProcessingException e) {
        throw new DecodeException(e.getOriginalMessage(), null);
      } catch (IOException e) {
        throw new DecodeException(e.getMessage(), e);
      }
    }

    @Override
    public Object[] decode(InputStream in, Class<?>[] types, Charset charset)
        throws DecodeException {
      if (types.length != 1) {
        throw new DecodeException("one value was expected as the body", null);
      }
      return new Object[] {decode(in, types[0], charset)};
    }
  }
}
