from channels.connectors.base import Connector, Facts


class Facebook(Connector):
    kind = "facebook"
    facts = Facts(max_text=4096, max_images=10)
